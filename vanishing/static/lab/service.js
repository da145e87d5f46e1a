/**
 * Follows the page's orders, which are those of types.js.
 *
 * @module
 */

import { standardised } from "./data.js";
import { hasSimd, machine } from "./machine.js";
import { rangeOf, shares } from "./measures.js";
import { faultyField } from "./allowed.js";
import { Training } from "./training.js";

/** @typedef {import("./typedefs.js").Answer} Answer */
/** @typedef {import("./typedefs.js").Order} Order */
/** @typedef {import("./typedefs.js").Digits} Digits */
/** @typedef {import("./typedefs.js").Frame} Frame */
/** @typedef {Extract<Order, {type: "start"}>} Start */
/** @typedef {Extract<Order, {type: "step"}>} Step */

/** Trains one network at a time; it takes orders while it works. */
export class Service {
  /**
   * @param {(answer: Answer, moved: ArrayBuffer[]) => void} send moved: what the receiver may keep
   * @param {() => Promise<import("./typedefs.js").Scans>} scans
   */
  constructor(send, scans) {
    this.send = send;
    this.scans = scans;
    /** @type {Order[]} */
    this.orders = [];
    this.works = false;
    this.steps = false;
    this.stopped = false;
    /** @type {Digits | undefined} */
    this.digits = undefined;
    /** @type {Training | undefined} */
    this.training = undefined;
    this.kernels = /** @type {"emitted" | "plain"} */ (hasSimd() ? "emitted" : "plain");
    this.spent = 0;
  }

  /** Take an order. @param {Order} order */
  async take(order) {
    if (order.type === "stop") {
      this.stopped = this.steps;
      return;
    }
    this.orders.push(order);
    if (this.works) return;
    this.works = true;
    for (let next = this.orders.shift(); next; next = this.orders.shift()) await this.follow(next);
    this.works = false;
  }

  /** @param {Order} order */
  async follow(order) {
    try {
      if (order.type === "start") await this.start(order);
      else if (order.type === "step" && this.training) await this.step(order, this.training);
      else if (order.type === "profile" && this.training) this.profile(this.training);
      else this.send({ type: "error", code: "order", detail: String(order.type) }, []);
    } catch (error) {
      const code = error instanceof RangeError ? "memory" : "failed"; // such as WebAssembly.Memory raises
      this.send({ type: "error", code, detail: String(error) }, []);
    }
  }

  /** @param {Start} order */
  async start({ experiment, bit }) {
    this.training = undefined;
    const field = faultyField(experiment);
    if (field !== undefined) return this.send({ type: "error", code: "experiment", field }, []);
    this.digits ??= standardised(await this.scans());
    const { digits, kernels } = this;
    const training = this.timed(() => new Training(experiment, digits, machine(kernels), bit));
    this.training = training;
    const layers = [...Array.from({ length: experiment.depth }, (_, layer) => String(layer + 1)), "output"];
    this.send({ type: "started", layers, range: rangeOf(experiment), kernels }, []);
    this.report(training);
  }

  /** @param {Step} order @param {Training} training */
  async step({ count, every = 1 }, training) {
    if (!(count >= 1 && every >= 1)) return this.send({ type: "error", code: "order", detail: "step" }, []);
    this.steps = true;
    for (let done = 1; done <= count && !this.stopped; done++) {
      await breath();
      if (this.stopped) break;
      const reports = done % every === 0 || done === count;
      this.timed(() => training.update(reports));
      if (reports) this.report(training);
      else this.timed(() => training.look());
    }
    [this.steps, this.stopped] = [false, false];
    this.send({ type: "done", step: training.step }, []);
  }

  /** @param {Training} training */
  report(training) {
    const measured = this.timed(() => training.frame());
    const { frame, buffer } = packed({ ...measured, histograms: shares(measured.histograms), ms: this.spent });
    this.spent = 0;
    this.send({ type: "frame", frame }, [buffer]);
  }

  /** @param {Training} training */
  profile(training) {
    const profile = training.profile();
    this.send({ type: "profile", profile }, buffers(profile));
  }

  /** Do something and add up how long it takes. @template T @param {() => T} work @returns {T} */
  timed(work) {
    const start = performance.now();
    const made = work();
    this.spent += performance.now() - start;
    return made;
  }
}

/** Put a frame's lists into one buffer: hundreds of frames are kept, and a buffer costs more than a list. @param {Frame} frame */
function packed(frame) {
  const lists = Object.entries(frame).flatMap(([name, list]) => (list instanceof Float64Array ? [{ name, list }] : []));
  const size = lists.reduce((sum, { list }) => sum + list.byteLength, 0);
  const buffer = new ArrayBuffer(size + frame.histograms.length);
  const histograms = new Uint8Array(buffer, size);
  histograms.set(frame.histograms);
  let start = 0;
  const moved = lists.map(({ name, list }) => {
    const view = new Float64Array(buffer, start, list.length);
    view.set(list);
    start += list.byteLength;
    return [name, view];
  });
  return { frame: { ...frame, ...Object.fromEntries(moved), histograms }, buffer };
}

/** @param {object} record */
function buffers(record) {
  return Object.values(record).filter(ArrayBuffer.isView).map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
}

const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
port1.onmessage = () => waiting.shift()?.();

/** Let orders come in; a timer would wait for milliseconds. @returns {Promise<void>} */
function breath() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
