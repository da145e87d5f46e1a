// Lets the sliders of static explorers change their figures, and readers take these away. Without it, the default
// figure stays. The state stands in the address: ?watch.depth=50#explorer-watch
(() => {
  const CALM = 250; // ms without a move, after which the state goes into the address
  const LONGEST = 12000; // ms for which a slider plays, unless its states would then change too fast
  const PACE = [250, 800]; // ms for which a state is shown, at least and at most
  const SHARP = 3; // pixels of a PNG for one of the page
  const FOOT = 140; // pixels of an embedded page below the figure: its caption and the way to the book
  const PREFIX = "explorer-";

  const sentences = (text) => text.split(/(?<=[.!?؟])\s+|(?<=。)/);
  const cell = (text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  class Explorer {
    constructor(root) {
      const parts = ["stage", "news", "train", "words"].map((name) => root.querySelector(`.vg-${name}`));
      [this.stage, this.news, this.train, this.words] = parts;
      Object.assign(this, JSON.parse(root.querySelector("script").textContent));
      this.root = root;
      this.name = root.id.slice(PREFIX.length);
      this.sliders = [...root.querySelectorAll("input")];
      this.drawings[this.state] = this.stage.innerHTML; // sent once, as the default figure
      this.sliders.forEach((slider) => this.follow(slider));
      this.recall();
      this.told = this.description;
      root.querySelectorAll(".vg-axes, .vg-more").forEach((part) => (part.hidden = false));
    }

    get place() {
      return this.sliders.reduce((sum, slider, axis) => sum * this.values[axis].length + +slider.value, 0);
    }

    get state() {
      return this.states[this.place];
    }

    get svg() {
      return this.stage.querySelector("svg");
    }

    get description() {
      return this.svg?.getAttribute("aria-label") ?? "";
    }

    chosen(texts) {
      return this.sliders.map((slider, axis) => texts[axis][slider.value]);
    }

    show() {
      this.chosen(this.values).forEach((text, axis) => {
        const slider = this.sliders[axis];
        slider.setAttribute("aria-valuetext", text);
        this.root.querySelector(`output[for="${slider.id}"] bdi`).textContent = text;
      });
      this.stage.innerHTML = this.drawings[this.state];
      if (!this.words.hidden) this.words.textContent = this.description;
      if (!this.train) return;
      this.train.hidden = !this.addresses[this.place];
      this.train.firstChild.hash = this.addresses[this.place];
    }

    // Say what is new in few words: of a chart its ends, of another picture the sentences that changed.
    tell() {
      const before = sentences(this.told);
      this.told = this.description;
      const changed = sentences(this.told).filter((sentence) => !before.includes(sentence));
      const [between, explained] = this.marks;
      const said = { name: this.chosen(this.values).join(between), what: this.briefs[this.state] || changed.join(" ") };
      this.say(explained.replace(/{(name|what)}/g, (_field, part) => said[part]));
    }

    say(text) {
      this.news.textContent = text;
    }

    follow(slider) {
      const button = slider.previousElementSibling;
      slider.addEventListener("input", () => {
        this.stop();
        this.show();
      });
      slider.addEventListener("change", () => {
        this.tell();
        clearTimeout(this.calm);
        this.calm = setTimeout(() => this.remember(), CALM);
      });
      if (!button.matches(".vg-play")) return;
      button.addEventListener("click", () => {
        const pressed = this.playing?.button;
        this.stop();
        if (pressed !== button) this.play(slider, button);
      });
    }

    play(slider, button) {
      if (slider.value === slider.max) slider.value = 0;
      this.show();
      const pace = Math.min(PACE[1], Math.max(PACE[0], LONGEST / slider.max));
      this.playing = { button, timer: setInterval(() => this.step(slider), pace) };
      button.setAttribute("aria-label", button.dataset.pause);
      button.classList.add("vg-going");
    }

    step(slider) {
      slider.stepUp();
      this.show();
      if (slider.value === slider.max) this.stop();
    }

    stop() {
      if (!this.playing) return;
      const { button, timer } = this.playing;
      this.playing = undefined;
      clearInterval(timer);
      button.setAttribute("aria-label", button.dataset.play);
      button.classList.remove("vg-going");
      this.tell();
      this.remember();
    }

    parameter(slider) {
      return `${this.name}.${slider.name}`;
    }

    // Return this page's address with the state: whole, or only what a reader changed.
    address(whole) {
      const url = new URL(location);
      this.chosen(this.keys).forEach((key, axis) => {
        const slider = this.sliders[axis];
        if (whole || slider.value !== slider.defaultValue) url.searchParams.set(this.parameter(slider), key);
        else url.searchParams.delete(this.parameter(slider));
      });
      return url;
    }

    remember() {
      try {
        history.replaceState(history.state, "", this.address(false));
      } catch {} // a file, a frame without an address, or too often
    }

    recall() {
      const asked = new URLSearchParams(location.search);
      this.sliders.forEach((slider, axis) => {
        const at = this.keys[axis].indexOf(asked.get(this.parameter(slider)));
        if (at >= 0) slider.value = at;
      });
      if (this.sliders.some((slider) => slider.value !== slider.defaultValue)) this.show();
    }
  }

  // What a reader takes away from an explorer.
  class Menu {
    constructor(explorer) {
      this.explorer = explorer;
      this.root = explorer.root.querySelector(".vg-more");
      this.taken = explorer.root.querySelector(".vg-taken");
      this.root.querySelectorAll("[href^='own:'], [data-page^='own:']").forEach((entry) => entry.remove());
      this.root.addEventListener("click", (event) => this.press(event));
      this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
      document.addEventListener("click", (event) => {
        if (!this.root.contains(event.target)) this.root.open = false;
      });
    }

    close() {
      this.root.open = false;
      this.root.firstChild.focus();
    }

    press(event) {
      const entry = event.target.closest("[data-do]");
      if (!entry) return;
      event.preventDefault();
      this.close();
      this[entry.dataset.do](entry);
    }

    link() {
      this.copy(Object.assign(this.explorer.address(true), { hash: this.explorer.root.id }).href);
    }

    embed(entry) {
      const frame = document.createElement("iframe");
      frame.src = Object.assign(new URL(entry.dataset.page, location), { search: this.explorer.address(true).search });
      frame.title = `${document.title}: ${this.explorer.root.getAttribute("aria-label")}`;
      frame.width = "100%";
      frame.height = String(this.explorer.root.offsetHeight + FOOT);
      this.copy(frame.outerHTML);
    }

    svg() {
      save(this.file("svg"), new Blob([fileOf(this.explorer.svg)], { type: "image/svg+xml" }));
    }

    async png() {
      save(this.file("png"), await paint(this.explorer.svg));
    }

    // The rows of this state; all of them, where no server gives the file to a script.
    async csv(entry) {
      const answer = await fetch(entry.href).catch(() => ({}));
      if (!answer.ok) return location.assign(entry.href);
      const [head, ...rows] = (await answer.text()).split("\r\n");
      const state = this.explorer.chosen(this.explorer.keys).map((key) => `${cell(key)},`);
      const shown = [head, ...rows.filter((row) => row.startsWith(state.join(""))), ""];
      save(this.file("csv"), new Blob(["\ufeff", shown.join("\r\n")], { type: "text/csv" }));
    }

    describe() {
      const { words, description } = this.explorer;
      words.hidden = !words.hidden;
      words.textContent = description;
    }

    copy(text) {
      const field = this.taken.lastChild;
      this.taken.hidden = false;
      field.value = text;
      this.taken.scrollIntoView({ block: "nearest" }); // it may begin below the window's edge
      field.select();
      const copied = navigator.clipboard?.writeText(text) ?? Promise.reject();
      copied.then(() => this.explorer.say(this.taken.firstChild.textContent), () => field.focus());
    }

    file(kind) {
      return `${[this.explorer.name, ...this.explorer.chosen(this.explorer.keys)].join("-")}.${kind}`;
    }
  }

  function save(name, blob) {
    const link = document.createElement("a");
    link.download = name;
    link.href = URL.createObjectURL(blob);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // Return a figure as a file of its own: black on white, with colours and letters that need no page.
  function fileOf(svg) {
    const copy = svg.cloneNode(true);
    const { fontFamily } = getComputedStyle(svg);
    Object.assign(copy.style, { color: "#000", background: "#fff", maxWidth: "none", fontFamily });
    return new XMLSerializer().serializeToString(copy).replace(/var\(--[\w-]+,\s*(#\w+)\)/g, "$1");
  }

  async function paint(svg) {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(fileOf(svg))}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = ["width", "height"].map((side) => Math.ceil(SHARP * svg.getAttribute(side)));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done));
  }

  const startAll = () => {
    const explorers = [...document.querySelectorAll(".vg-explorer")].map((root) => new Explorer(root));
    explorers.forEach((explorer) => new Menu(explorer));
    document.addEventListener("visibilitychange", () => explorers.forEach((explorer) => explorer.stop()));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
