/**
 * One network: its worker, and all that it has reported.
 *
 * @module
 */

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Order} Order */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./state.js").Network} Network */
/** @typedef {Extract<Answer, {type: "error"}>} Failure */

export const MOST_FRAMES = 400; // of a network; older ones are thinned out then

/** @returns {Worker} */
function openWorker() {
  return new Worker(new URL("worker.js", import.meta.url), { type: "module" });
}

export class Trainer {
  /** @param {() => Worker} [open] */
  constructor(open = openWorker) {
    /** @type {Frame[]} */
    this.frames = [];
    /** @type {[number, number]} */
    this.range = [-1, 1];
    /** @type {Failure | null} */
    this.failure = null;
    this.networks = 0; // that were started
    /** @type {{network: number, resolve: () => void}[]} */
    this.waiting = []; // one for each order without an answer yet; the worker answers in turn
    this.worker = open();
    this.worker.addEventListener("message", (event) => this.#hear(event.data));
    this.worker.addEventListener("error", (event) => this.#break(event.message ?? ""));
  }

  /** The number of updates done. */
  get last() {
    return this.frames.at(-1)?.step ?? 0;
  }

  /**
   * Build the network anew; it has one frame then, unless it fails.
   *
   * @param {Network} network
   */
  start({ bit, ...experiment }) {
    if (this.waiting.length) this.worker.postMessage({ type: "stop" });
    this.frames = [];
    this.failure = null;
    this.networks += 1;
    return this.#ask({ type: "start", experiment, bit });
  }

  /**
   * Train until so many updates are done.
   *
   * @param {number} step
   */
  async reach(step) {
    const count = step - this.last;
    if (count > 0 && !this.failure) await this.#ask({ type: "step", count });
  }

  close() {
    this.worker.terminate();
    this.#settle(this.waiting.length);
  }

  /**
   * Return the frames up to a step; where these are all, the growing list itself.
   *
   * @param {number} step
   * @returns {readonly Frame[]}
   */
  until(step) {
    let end = this.frames.length;
    while (end > 0 && this.frames[end - 1].step > step) end -= 1;
    return end === this.frames.length ? this.frames : this.frames.slice(0, end);
  }

  /**
   * @param {Order} order
   * @returns {Promise<void>}
   */
  #ask(order) {
    return new Promise((resolve) => {
      this.waiting.push({ network: this.networks, resolve });
      this.worker.postMessage(order);
    });
  }

  /** @param {Answer} answer */
  #hear(answer) {
    const isCurrent = this.waiting[0]?.network === this.networks; // else its network was given up
    if (answer.type === "started" && isCurrent) this.range = answer.range;
    else if (answer.type === "frame") this.#keep(answer.frame, isCurrent);
    else if (answer.type === "done") this.#settle(1);
    else if (answer.type === "error") {
      if (isCurrent) this.failure = answer;
      this.#settle(1);
    }
  }

  /**
   * @param {Frame} frame
   * @param {boolean} isCurrent
   */
  #keep(frame, isCurrent) {
    if (isCurrent) {
      if (this.frames.length >= MOST_FRAMES) this.frames = this.frames.filter((_, n) => n % 2 === 0);
      this.frames.push(frame);
    }
    if (frame.step === 0) this.#settle(1);
  }

  /** @param {string} detail */
  #break(detail) {
    this.failure = { type: "error", code: "failed", detail };
    this.#settle(this.waiting.length);
  }

  /** @param {number} count of orders that are answered */
  #settle(count) {
    this.waiting.splice(0, count).forEach(({ resolve }) => resolve());
  }
}
