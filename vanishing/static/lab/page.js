/**
 * The laboratory: what the reader presses, and what follows. All of its words come from the page.
 *
 * @module
 */
import { Card, make, setText } from "./card.js";
import { LineChart } from "./charts.js";
import { differences, kindsOf, namesOf } from "./names.js";
import { comparison, sentenceOf, stateOf, twinOf } from "./sentences.js";
import * as address from "./state.js";
import { csv, embedding, python } from "./takeaway.js";
import { Trainer } from "./trainer.js";
import { BOUNDS, DEFAULTS } from "./types.js";
import { byLayer, byStep, pace, row } from "./views.js";
import { say, wordsOf } from "./words.js";

/** @typedef {import("./state.js").Network} Network */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Problem} Problem */
/** @typedef {import("./views.js").Scene} Scene */

const TRAINING_IMAGES = 1500;
const UNHURRIED = 120; // milliseconds of training between two drawings, where it plays as fast as it can
const HURRIED = 400; // the same where steps are made to reach one
const [SLOW, SLOWLY] = [50, 250]; // where an update takes more milliseconds than that, so many lie between two drawings
const LEISURELY = 100; // milliseconds between two steps that are to be followed by eye
const MAP_SPEED = 10; // bins that a heat map draws in a millisecond at most while steps are made: to save memory
const SPEAK_EVERY = 10_000; // milliseconds between two things that are said while it plays
const WRITE_EVERY = 1000; // milliseconds between two tables of numbers while it plays: to be read, and to save memory
const REPLAYED = 10; // recorded steps between two drawings, where it plays as fast as it can
const PIXELS = 400; // of a chart by step: while steps are made, it is drawn where it became wider by one
const TOLD = 40; // letters of an address that are repeated at most
const BY_STEP = /** @type {const} */ (["loss", "accuracy"]);
const KEYS = { k: "play", ".": "step", 0: "restart" };

class Laboratory {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.words = wordsOf(root);
    this.room = this.#find(".vg-lab-room");
    this.room.hidden = false;
    const chart = (/** @type {string} */ name, /** @type {((x: number) => void) | undefined} */ pick) =>
      new LineChart(this.#find(`[data-chart=${name}]`), this.words.direction, pick);
    this.charts = {
      layers: chart("layers", (layer) => this.look(Math.round(layer))),
      loss: chart("loss", undefined),
      accuracy: chart("accuracy", undefined),
    };
    /** @type {State} */
    this.state = address.read("").state;
    /** @type {Trainer[]} */
    this.trainers = [];
    /** @type {Card[]} */
    this.cards = [];
    /** @type {string[]} */
    this.names = [];
    /** @type {string[][]} */
    this.legends = [];
    /** @type {Set<Element>} */
    this.inView = new Set(); // charts and cards
    this.observer = new IntersectionObserver((entries) => this.#see(entries));
    this.generation = 0; // of the networks: what was begun for older ones ends
    this.runs = 0; // the generation for which a training loop runs
    this.playing = false;
    this.goal = 0; // step up to which it trains although it does not play
    this.limit = 0; // step at which it stops to play
    this.now = 0;
    this.drawn = 0;
    this.shown = 0; // when
    this.charted = 0; // step up to which the charts by step are drawn
    this.isHeld = false; // at a step to which the reader went back, or from there further
    this.sought = 0; // step to which the reader draws the slider
    this.layer = 1;
    /** @type {import("./words.js").Words["experiments"][number] | undefined} */
    this.chosen = undefined; // the experiment whose networks are shown, if they are those of one
    /** @type {Set<string>} */
    this.uncovered = new Set(); // experiments whose start the reader has seen
    this.spoken = 0;
    this.written = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.#listen();
    this.open();
  }

  /** Show what the address asks for. */
  open() {
    this.chosen = undefined;
    const { state, problems } = address.read(location.hash);
    if (!state.networks.length) Object.assign(state, this.#experiment(0), { view: state.view });
    this.#tell(problems.map((problem) => this.#problem(problem)));
    const { at, play } = state;
    void this.load({ ...state, at: 0, play: false }).then((isCurrent) => {
      if (!isCurrent) return;
      if (at) this.reach(at);
      if (play && !this.calm.matches) void this.play(at);
    });
  }

  /**
   * Build the networks of a state and stand at step 0; false if others were asked for meanwhile.
   *
   * @param {State} state
   */
  async load(state) {
    const generation = (this.generation += 1);
    this.#stop();
    this.state = state;
    this.isHeld = false;
    this.sought = 0;
    this.limit = this.#steps();
    this.#build();
    this.#showState();
    await Promise.all(this.trainers.map((trainer, place) => trainer.start(state.networks[place])));
    if (generation !== this.generation) return false;
    this.#tellFailures();
    this.show(0);
    if (generation > 1) this.speak();
    return true;
  }

  /**
   * Change what is trained or shown, and the address with it.
   *
   * @param {Partial<State>} changes
   */
  async change(changes) {
    const state = { ...this.state, at: changes.networks ? 0 : this.now, ...changes };
    this.#tell([]);
    history.replaceState(null, "", address.write(state));
    if (changes.networks) await this.load(state);
    else {
      this.state = state;
      this.#showState();
      this.show(this.now);
      this.speak();
    }
  }

  /** @param {number} [from] a step that is to be reached first */
  async play(from = 0) {
    this.playing = true;
    this.isHeld = this.now < this.#last();
    this.sought = 0;
    this.#extend(1 + Math.max(this.now, from));
    this.show(this.now);
    await this.#run();
  }

  pause() {
    if (!this.playing) return;
    this.#stop();
    this.#keepStep();
    this.show(this.now);
    this.speak();
  }

  /** @param {number} count of steps to go on from the one that is shown, or from those that are being made */
  make(count) {
    this.reach(count + (this.isHeld ? this.now : Math.max(this.goal, this.#last())));
  }

  /** Go to a step, and train where it was not reached before. @param {number} step */
  reach(step) {
    if (step <= this.#last()) {
      this.seek(step);
      this.#arrived();
      return;
    }
    this.goal = step;
    this.isHeld = false;
    this.sought = 0;
    this.#extend(step);
    void this.#run();
  }

  /** Show a step to which the reader draws the slider, or the last one before it. @param {number} step */
  seek(step) {
    this.#stop();
    this.isHeld = true;
    this.sought = step > this.#last() ? step : 0;
    this.show(this.#recorded(step));
  }

  /** Train up to the step at which the slider was left. */
  arrive() {
    if (this.sought) this.reach(this.sought);
    else this.#arrived();
  }

  #arrived() {
    this.#keepStep();
    this.speak();
  }

  /** @param {number} layer to look into */
  look(layer) {
    this.layer = Math.max(1, Math.min(layer, this.#layers()));
    this.show(this.now);
  }

  /** Say how the networks stand. */
  speak() {
    this.spoken = performance.now();
    if (this.#isCovered()) return setText(this.#find(".vg-news"), this.words.labels.cover);
    const steps = say(this.words, "notices", "spoken", { step: this.now, steps: this.limit });
    const scene = this.#scene();
    const said = this.cards.map(({ name }, place) =>
      say(this.words, "notices", "of_network", { network: name, sentence: this.#sentence(scene, place) }),
    );
    setText(this.#find(".vg-news"), [steps, ...said].join(" "));
  }

  /** @param {number} step up to which everything is shown; while steps are made, only what is in view */
  show(step) {
    this.now = this.#upTo(step);
    this.drawn = this.now;
    this.shown = performance.now();
    if (this.chosen && (this.playing || this.#last() > 0)) this.uncovered.add(this.chosen.key);
    this.#find(".vg-lab-cover").hidden = !this.#isCovered();
    const scene = this.#scene();
    const isBusy = this.#isGoing();
    const isShown = (/** @type {Element} */ node) => !isBusy || this.inView.has(node);
    if (isShown(this.charts.layers.host)) this.charts.layers.draw(byLayer(scene));
    if (!isBusy || this.#isWider()) {
      this.charted = this.now;
      for (const name of BY_STEP) if (isShown(this.charts[name].host)) this.charts[name].draw(byStep(scene, name));
    }
    this.cards.forEach((card, place) => {
      const frame = scene.recorded[place].at(-1);
      const { range } = this.trainers[place];
      if (frame && isShown(card.root)) card.draw(frame, range, isBusy ? frame.histograms.length / MAP_SPEED : 0);
      if (frame && isShown(card.layer.root)) card.layer.draw(frame, range, this.layer);
    });
    if (!isBusy || performance.now() - this.written >= WRITE_EVERY) this.#write(scene);
    this.#showControls();
  }

  #isWider() {
    return Math.abs(this.now - this.charted) * PIXELS >= Math.max(this.#last(), this.limit);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.inView.add(target);
      else this.inView.delete(target);
    }
    this.charted = -Infinity; // what came into view is drawn with the next step
  }

  /** Write what is read and not seen. @param {Scene} scene */
  #write(scene) {
    this.written = performance.now();
    this.cards.forEach((card, place) => card.say(this.#sentence(scene, place)));
    this.#showTable(scene);
    if (this.playing) return;
    for (const chart of Object.values(this.charts)) chart.describe();
    this.cards.forEach((card, place) => card.describe(this.trainers[place].range));
  }

  /** Say whether the start of the experiment is kept back until the reader has decided what to expect. */
  #isCovered() {
    return Boolean(this.chosen?.covered) && !this.uncovered.has(this.chosen?.key ?? "");
  }

  #isGoing() {
    return this.playing || this.goal > 0;
  }

  #stop() {
    this.playing = false;
    this.goal = 0;
  }

  /** Let the plan hold a step: whole trainings follow the first one. @param {number} step */
  #extend(step) {
    const steps = this.#steps();
    this.limit = Math.max(this.limit, steps * Math.ceil(step / steps));
  }

  /**
   * Return the recorded step that is shown for another one: it goes on where the reader does, although of long
   * trainings only every second step is kept, or fewer.
   *
   * @param {number} step
   */
  #recorded(step) {
    const next = this.trainers.map(({ frames }) => frames.find((frame) => frame.step > this.now)?.step ?? 0);
    return Math.max(this.#upTo(step), step > this.now ? Math.max(...next) : 0);
  }

  /** Return the last recorded step up to another one. @param {number} step */
  #upTo(step) {
    return Math.max(0, ...this.trainers.map(({ frames }) => frames.findLast((frame) => frame.step <= step)?.step ?? 0));
  }

  /** Train as long as it plays or steps are wanted, all networks in step; draw after each round. */
  async #run() {
    const generation = this.generation;
    if (this.runs === generation) return;
    this.runs = generation;
    while (this.#isGoing()) {
      if (!this.isHeld) await this.#train(generation);
      if (generation !== this.generation) return;
      await this.#nextDrawing();
      if (generation !== this.generation) return;
      if (this.isHeld) this.#replay();
      else this.#follow();
    }
    this.runs = 0;
  }

  /** Make one round of updates, unless other networks are asked for meanwhile. @param {number} generation */
  async #train(generation) {
    const before = this.#last();
    const end = before + this.#count();
    await Promise.all(this.trainers.map((trainer) => trainer.reach(end)));
    if (generation !== this.generation) return;
    this.#tellFailures();
    const last = this.#last();
    if (last >= this.goal) this.goal = 0;
    if (last === before || (this.playing && last >= this.limit)) this.#stop();
  }

  /** Show the next of the recorded steps, if it plays; from the last one on it trains. */
  #replay() {
    if (!this.playing) {
      this.show(this.now);
      return;
    }
    const next = this.calm.matches ? roundAfter(this.now) : this.now + (this.#speed() || REPLAYED);
    const step = this.#recorded(next);
    this.isHeld = step < this.#last();
    if (step >= this.limit) this.#stop();
    this.show(step);
    if (!this.playing) this.#arrived();
    else if (performance.now() - this.spoken > SPEAK_EVERY) this.speak();
  }

  /** Draw the newest step, or leave it out where the reader wants little motion. */
  #follow() {
    const going = this.#isGoing();
    if (!going) this.#keepStep();
    const isDue = this.calm.matches ? isRound(this.drawn, this.#last()) : this.#isTime();
    if (!going || isDue) this.show(this.#last());
    if (!going || performance.now() - this.spoken > SPEAK_EVERY) this.speak();
  }

  /** Say whether it is time for a drawing; small networks have one for each round. */
  #isTime() {
    return this.#slowest() <= SLOW || performance.now() - this.shown >= SLOWLY;
  }

  /** Return the milliseconds of an update of the slowest network. */
  #slowest() {
    return Math.max(1, ...this.trainers.map(({ frames }) => pace(frames)));
  }

  /** Return how many updates the next round has: what is wanted, or as the chosen speed says. */
  #count() {
    const slowest = this.#slowest();
    const within = (/** @type {number} */ time) => Math.max(1, Math.min(50, Math.floor(time / slowest)));
    if (!this.playing) return Math.min(this.goal - this.#last(), within(HURRIED));
    return Math.min(this.#speed() || within(UNHURRIED), this.limit - this.#last());
  }

  /** Return the chosen steps between two drawings, 0 for as many as it can. */
  #speed() {
    return this.#isSlow() ? 1 : Number(this.#chosenSpeed());
  }

  #isSlow() {
    return this.#chosenSpeed() === "slow";
  }

  #chosenSpeed() {
    return /** @type {HTMLSelectElement} */ (this.#find("[name=speed]")).value;
  }

  /** Wait until it is to be drawn: for the screen, and where it plays slowly for the eye too. */
  #nextDrawing() {
    const isSlow = this.playing && this.#isSlow();
    return new Promise((resolve) => (isSlow ? setTimeout(resolve, LEISURELY) : requestAnimationFrame(resolve)));
  }

  #last() {
    return Math.max(0, ...this.trainers.map(({ last }) => last));
  }

  /** Return the number of updates in the epochs of the longest training. */
  #steps() {
    const updates = this.state.networks.map(({ epochs, batch_size }) => epochs * Math.floor(TRAINING_IMAGES / batch_size));
    return Math.max(1, ...updates);
  }

  #layers() {
    return 1 + Math.max(...this.state.networks.map(({ depth }) => depth));
  }

  /** @returns {Scene} */
  #scene() {
    const fixed = /** @type {HTMLInputElement} */ (this.#find("[name=fixed]")).checked;
    const isCovered = this.#isCovered();
    return {
      words: this.words,
      names: this.names,
      legends: this.legends,
      recorded: this.trainers.map((trainer) => (isCovered ? [] : trainer.until(this.now))),
      everything: this.trainers.map(({ frames }) => (isCovered ? [] : frames)),
      show: this.state.show,
      fixed,
      layers: this.#layers(),
      layer: this.layer,
      steps: this.limit,
    };
  }

  /**
   * @param {Scene} scene
   * @param {number} place
   */
  #sentence({ names, recorded }, place) {
    const frames = recorded[place];
    if (!frames.length) return "";
    const twin = twinOf(this.state.networks, place);
    const isCompared = twin >= 0 && frames.length === recorded[twin].length && stateOf(frames, this.limit) !== "diverged";
    const { key, values } = isCompared
      ? comparison(frames, recorded[twin], names[twin].slice(0, 1))
      : sentenceOf(frames, this.limit, this.state.show);
    return say(this.words, "sentences", key, values);
  }

  /** Make a card, a row and a worker for each network. */
  #build() {
    const { networks } = this.state;
    for (const trainer of this.trainers.splice(networks.length)) trainer.close();
    this.trainers = networks.map((_, place) => {
      const old = this.trainers[place];
      if (old && old.failure?.code !== "failed") return old;
      old?.close();
      return new Trainer();
    });
    const { names, short } = namesOf(networks, this.words);
    this.names = names;
    this.legends = [names, short];
    const opened = this.cards.map(({ root }) => root.querySelector("details")?.open);
    const refocus = this.#focused();
    const kinds = kindsOf(networks, this.words);
    const apart = networks.map((network) => differences(network, networks, this.words).join(" · "));
    this.cards = networks.map((network, place) => {
      return new Card(place, network, kinds[place], apart[place], this.words, this.#actions());
    });
    this.cards.forEach(({ root }, place) => root.querySelector("details")?.toggleAttribute("open", opened[place] ?? false));
    this.#find(".vg-lab-networks").replaceChildren(...this.cards.map(({ root }) => root));
    this.#find(".vg-lab-layers").replaceChildren(...this.cards.map(({ layer }) => layer.root));
    this.#find("tbody").replaceChildren(
      ...kinds.map((kind, place) => {
        const line = make("tr");
        const head = make("th", "", { scope: "row" }, kind);
        if (apart[place]) head.append(make("br"), make("small", "", {}, apart[place]));
        line.append(head, ...Array.from({ length: 7 }, () => make("td")));
        return line;
      }),
    );
    for (const button of this.room.querySelectorAll("[data-do=remove]")) button.toggleAttribute("hidden", networks.length < 2);
    this.#find("[data-do=add]").toggleAttribute("hidden", networks.length >= address.LETTERS.length);
    this.layer = Math.min(this.layer, this.#layers());
    this.#watch();
    refocus();
  }

  /** Learn which charts and cards are in view. */
  #watch() {
    this.observer.disconnect();
    this.inView.clear();
    const hosts = Object.values(this.charts).map(({ host }) => host);
    const cards = this.cards.flatMap(({ root, layer }) => [root, layer.root]);
    for (const node of [...hosts, ...cards]) this.observer.observe(node);
  }

  /** Return what gives the focus back to a card's control once the cards are made anew, or to what opens its settings. */
  #focused() {
    const control = /** @type {HTMLInputElement | HTMLButtonElement | null} */ (document.activeElement);
    const adds = control?.dataset.do === "add";
    const place = adds ? this.cards.length : this.cards.findIndex(({ root }) => root.contains(control));
    if (!control || place < 0) return () => {};
    const same = control.name ? `[name="${control.name}"]` : control.dataset.do ? `[data-do="${control.dataset.do}"]` : "summary";
    return () => {
      if (adds && !control.hidden) return;
      const { root } = this.cards[Math.min(place, this.cards.length - 1)];
      for (const selector of ["summary", same]) {
        /** @type {HTMLElement | null} */ (root.querySelector(selector))?.focus({ preventScroll: true });
      }
    };
  }

  /** @returns {import("./card.js").Actions} */
  #actions() {
    const networks = () => [...this.state.networks];
    return {
      change: (place, network) => void this.change({ networks: networks().map((old, here) => (here === place ? network : old)) }),
      refuse: (place, name, value) => {
        const used = /** @type {any} */ (this.state.networks[place])[name];
        return this.#problem({ letter: address.LETTERS[place], name, value, used: String(used ?? "none") });
      },
      remove: (place) => void this.change({ networks: networks().filter((_, here) => here !== place) }),
      copy: (place) => void this.change({ networks: networks().map(() => networks()[place]) }),
      pick: (layer) => this.look(layer),
    };
  }

  /** @param {Scene} scene */
  #showTable(scene) {
    setText(this.#find("caption"), say(this.words, "notices", "table", { step: this.now }));
    this.#find("tbody").querySelectorAll("tr").forEach((line, place) => {
      const cells = row(scene, place);
      line.querySelectorAll("td").forEach((cell, column) => setText(cell, cells[column]));
    });
  }

  /** Let the controls say where things stand; tests wait for these attributes. */
  #showControls() {
    const { words } = this;
    this.root.dataset.step = String(this.now);
    this.root.dataset.state = this.playing ? "playing" : this.goal ? "stepping" : "paused";
    setText(this.#find("[data-do=play]"), this.playing ? words.buttons.pause : words.buttons.play);
    const step = Math.max(this.now, this.sought);
    const time = this.#slider("vg-lab-time", 0, Math.max(this.#last(), this.limit), step);
    setText(time, say(words, "notices", "step_of", { step, steps: this.limit }));
    setText(this.#slider("vg-lab-layer", 1, this.#layers(), this.layer), String(this.layer));
  }

  /** Let the controls say what is trained and shown. */
  #showState() {
    const { state } = this;
    this.root.dataset.view = state.view;
    this.root.dataset.show = state.show;
    const experiment = this.#experimentOf(state);
    this.chosen = experiment; // found once: each drawing asks for it
    const menu = /** @type {HTMLSelectElement} */ (this.#find("#vg-lab-experiment"));
    menu.value = experiment?.key ?? "";
    this.#find(".vg-lab-choice").dataset.question = menu.selectedOptions[0]?.text ?? ""; // in full: a menu cuts it
    setText(this.#find(".vg-lab-hint"), experiment?.hint ?? "");
    for (const answer of /** @type {NodeListOf<HTMLElement>} */ (this.room.querySelectorAll(".vg-lab-answer"))) {
      const isOther = answer.dataset.key !== experiment?.key;
      if (isOther) answer.removeAttribute("open");
      answer.hidden = isOther;
    }
    /** @type {HTMLSelectElement} */ (this.#find("[name=show]")).value = state.show;
  }

  /** Return the experiment of these networks: the chosen one, or one that shows the same. @param {State} state */
  #experimentOf(state) {
    const read = this.words.experiments.map((one) => ({ one, asked: address.read(`#${one.address}`).state }));
    const same = read.filter(({ asked }) => address.isSame(asked, state));
    const found = same.find(({ one }) => one === this.chosen) ?? same.find(({ asked }) => asked.show === state.show);
    return (found ?? same[0])?.one;
  }

  /**
   * Set a slider; return what shows its value.
   *
   * @param {string} id
   * @param {number} least
   * @param {number} most
   * @param {number} value
   */
  #slider(id, least, most, value) {
    const slider = /** @type {HTMLInputElement} */ (this.#find(`#${id}`));
    const values = { min: String(least), max: String(most), value: String(value) };
    for (const name of /** @type {const} */ (["min", "max", "value"])) {
      if (slider[name] !== values[name]) slider[name] = values[name];
    }
    return this.#find(`output[for=${id}] bdi`);
  }

  /**
   * Say in the reader's words what cannot be used, and what is used in its place.
   *
   * @param {Problem} problem
   */
  #problem({ letter, name, value, used }) {
    const { fields, labels } = this.words;
    const own = Object.hasOwn(fields, name) ? fields[name] : name.slice(0, TOLD);
    const setting = letter ? say(this.words, "notices", "network_setting", { network: letter.toUpperCase(), setting: own }) : own;
    if (used === null) return say(this.words, "notices", "unknown", { setting });
    const bound = /** @type {Record<string, {least: number, most: number}>} */ (BOUNDS)[name];
    const now = bound && used === "none" ? labels.no_clipping : used.slice(0, TOLD);
    const values = { setting, value: value.slice(0, TOLD), used: now, least: bound?.least, most: bound?.most };
    const isOut = bound && address.parse(name, value) === undefined; // else a later part took its place
    return say(this.words, "notices", isOut ? "out_of_bounds" : "not_a_choice", values);
  }

  #tellFailures() {
    const { names } = this;
    const told = this.trainers.flatMap(({ failure }, place) => {
      if (!failure) return [];
      const values = { network: names[place], error: failure.detail ?? failure.field ?? failure.code };
      return [say(this.words, "notices", failure.code === "memory" ? "too_big" : "failed", values)];
    });
    if (told.length) this.#tell(told);
  }

  /** @param {string[]} sentences none hides the place for them */
  #tell(sentences) {
    const place = this.#find(".vg-lab-problems");
    place.hidden = sentences.length === 0;
    place.replaceChildren(...sentences.map((sentence) => make("p", "", {}, sentence)));
  }

  /** Let the address lead to the step that is shown. */
  #keepStep() {
    if (location.hash || this.now > 0) history.replaceState(null, "", address.write({ ...this.state, at: this.isHeld ? this.now : this.#last() }));
  }

  /** @param {number} number */
  #experiment(number) {
    return address.read(`#${this.words.experiments[number].address}`).state;
  }

  /** @param {string} action the name of a button */
  do(action) {
    const { networks } = this.state;
    const reseeded = () => networks.map((network) => address.withSeed(network, network.seed + 1));
    /** @type {Record<string, () => unknown>} */
    const actions = {
      play: () => (this.playing ? this.pause() : this.play()),
      step: () => this.make(1),
      ten: () => this.make(10),
      uncover: () => this.#uncover(),
      restart: () => this.change({ networks }),
      reseed: () => this.change({ networks: reseeded() }),
      add: () => this.change({ networks: [...networks, networks[networks.length - 1] ?? { ...DEFAULTS, bit: false }] }),
      projector: () => this.#view("projector", "play"),
      leave: () => this.#view("page", "projector"),
      link: () => this.#copy(this.#link({})),
      embed: () => this.#copy(embedding(this.#link({ view: "embed" }), document.title)),
      python: () => this.#copy(python(networks)),
      csv: () => save("laboratory.csv", "text/csv", csv(this.names, this.trainers.map(({ frames }) => frames))),
      svg: () => save("laboratory.svg", "image/svg+xml", this.charts.layers.file()),
    };
    void actions[action]?.();
  }

  /** Show the start; the button that is pressed for it goes, so another one takes the focus. */
  #uncover() {
    this.uncovered.add(this.chosen?.key ?? "");
    this.show(this.now);
    this.speak();
    this.#find("[data-do=play]").focus({ preventScroll: true });
  }

  /**
   * Change the view; the button that is pressed for it goes, so another one takes the focus.
   *
   * @param {string} view
   * @param {string} next the name of that button
   */
  #view(view, next) {
    void this.change({ view });
    this.#find(`[data-do=${next}]`).focus({ preventScroll: view === "projector" });
  }

  /** @param {Partial<State>} changes */
  #link(changes) {
    const link = new URL(location.href);
    link.hash = address.write({ ...this.state, at: this.now, ...changes });
    return link.href;
  }

  /** @param {string} text to copy; it is shown too, for browsers that do not let us */
  #copy(text) {
    const field = this.#find("textarea");
    /** @type {HTMLTextAreaElement} */ (field).value = text;
    this.#find(".vg-lab-copied").hidden = false;
    navigator.clipboard?.writeText(text).catch(() => /** @type {HTMLTextAreaElement} */ (field).select());
  }

  #listen() {
    this.room.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button[data-do]");
      if (button) this.do(/** @type {HTMLElement} */ (button).dataset.do ?? "");
    });
    this.#on("#vg-lab-experiment", "change", ({ value }) => {
      const number = this.words.experiments.findIndex(({ key }) => key === value);
      if (number < 0) return;
      this.chosen = this.words.experiments[number];
      void this.change({ ...this.#experiment(number), view: this.state.view });
    });
    this.#on("[name=show]", "change", ({ value }) => void this.change({ show: value }));
    this.#on("[name=fixed]", "change", () => this.show(this.now));
    this.#on("#vg-lab-layer", "input", ({ value }) => this.look(Number(value)));
    this.#on("#vg-lab-time", "input", ({ value }) => this.seek(Number(value)));
    this.#on("#vg-lab-time", "change", () => this.arrive());
    this.#find(".vg-lab-one").addEventListener("toggle", () => this.show(this.now));
    this.room.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.state.view === "projector" && this.do("leave"));
    addEventListener("hashchange", () => address.isState(location.hash) && this.open());
    document.addEventListener("visibilitychange", () => document.hidden && this.pause());
    new MutationObserver(() => this.show(this.now)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** Follow a key that no control waits for. @param {KeyboardEvent} event */
  #key(event) {
    const { target, key, ctrlKey, metaKey, altKey, repeat } = event;
    if (!Object.hasOwn(KEYS, key) || ctrlKey || metaKey || altKey || event.isComposing || event.defaultPrevented) return;
    if (/** @type {Element} */ (target).matches("textarea, select, input:not([type=range], [type=checkbox])")) return;
    event.preventDefault();
    if (repeat && key !== ".") return; // a key that is held down
    this.do(KEYS[/** @type {keyof typeof KEYS} */ (event.key)]);
  }

  /**
   * @param {string} selector
   * @param {string} type
   * @param {(control: HTMLInputElement) => void} action
   */
  #on(selector, type, action) {
    const control = /** @type {HTMLInputElement} */ (this.#find(selector));
    control.addEventListener(type, () => action(control));
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement}
   */
  #find(selector) {
    const found = this.root.querySelector(selector);
    if (!found) throw new Error(`the page has no ${selector}`);
    return /** @type {HTMLElement} */ (found);
  }
}

/**
 * Say whether a step of the series 0, 1, 2, 5, 10, 20, 50, … lies behind one step, up to another.
 *
 * @param {number} from
 * @param {number} to
 */
function isRound(from, to) {
  return roundAfter(from) <= to;
}

/** Return the next step of that series. @param {number} step */
function roundAfter(step) {
  let next = 1;
  for (let n = 0; next <= step; n += 1) next *= n % 3 === 1 ? 2.5 : 2;
  return next;
}

/**
 * Let the browser save a file.
 *
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function save(name, type, text) {
  const link = make("a", "", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

for (const root of document.querySelectorAll(".vg-lab")) new Laboratory(/** @type {HTMLElement} */ (root));
