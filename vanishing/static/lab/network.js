/**
 * The networks of vanishing/networks.py: the way forward, and the way back by hand.
 *
 * @module
 */

import { INITIAL } from "./initial.js";
import { Random } from "./random.js";

/** @typedef {import("./typedefs.js").Experiment} Experiment */
/** @typedef {import("./typedefs.js").MakeMachine} MakeMachine */
/** @typedef {import("./typedefs.js").Pass} Pass */

export const PIXELS = 64;
export const CLASSES = 10;
/**
 * All gradients are so many times as large, a power of two: what float32 can hold only as a subnormal number, with
 * which a processor takes a hundred times as long, is then a normal one; what it cannot hold is zero.
 */
export const SCALE = 2 ** 24;
const RUNNING = 0.1; // what a batch changes in the running statistics
const EPSILON = 1e-5;
/** For the way back a residual network keeps each eighth signal; those between are computed again, so many at once. */
export const KEPT = 8;
const FROM_INPUT = ["gelu", "silu"]; // activations whose slope cannot be told from their output

/** Gives out addresses in a memory whose size is known when all are given. */
class Space {
  size = 0;

  /** @param {number} count of float32 numbers */
  take(count) {
    const address = this.size;
    this.size += Math.ceil(count / 4) * 16;
    return address;
  }

  /** Give one place to what is never needed at the same time. @template T @param {(() => T)[]} parts @returns {T[]} */
  share(parts) {
    const start = this.size;
    let end = start;
    const given = parts.map((part) => {
      this.size = start;
      const made = part();
      end = Math.max(end, this.size);
      return made;
    });
    this.size = end;
    return given;
  }
}

/**
 * @param {Space} space @param {Experiment} experiment @param {number} rows @param {number} images where they are
 * @param {boolean} keeps each layer's numbers, as the way back needs them
 */
function passOf(space, experiment, rows, images, keeps) {
  const { depth, width, activation, residual } = experiment;
  const normalizes = experiment.normalization !== "none";
  const apart = normalizes || FROM_INPUT.includes(activation);
  const own = () => space.take(rows * width);
  const [even, odd, spare, sum] = keeps ? [] : [own(), own(), own(), own()];
  /** @param {number | undefined} shared */
  const place = (shared) => shared ?? own();
  const [sums, branches] = [KEPT - 1, apart ? KEPT : 0].map((length) =>
    Array.from({ length: keeps && residual ? length : 0 }, own),
  );
  /** @type {Pass} */
  const pass = {
    rows, signals: [images], inputs: [], outputs: [], statistics: [],
    sums: own(), last: own(), scores: space.take(rows * CLASSES),
  };
  for (let layer = 0; layer < depth; layer++) {
    const adds = residual && (layer > 0 || width === PIXELS);
    const output = (adds && branches[layer % KEPT]) || place(layer % 2 ? odd : even);
    const input = apart ? place(spare) : output;
    pass.inputs.push(input);
    pass.outputs.push(activation === "identity" ? input : output);
    pass.signals.push(adds ? place(sum ?? sums[layer % KEPT]) : pass.outputs[layer]);
  }
  for (let layer = 0; normalizes && layer <= depth; layer++) {
    pass.statistics.push(space.take(3 * Math.max(width, rows)));
  }
  return pass;
}

/** One network with its gradients, SCALE times as large, in one memory. */
export class Network {
  /**
   * @param {Experiment} experiment
   * @param {number} rows images of a training pass
   * @param {number} testRows images of a pass without a way back
   * @param {MakeMachine} make
   */
  constructor(experiment, rows, testRows, make) {
    const { depth, width } = experiment;
    const space = new Space();
    this.experiment = experiment;
    this.layers = Array.from({ length: depth + 1 }, (_, layer) => {
      const inputs = layer ? width : PIXELS;
      const outputs = layer < depth ? width : CLASSES;
      return { inputs, outputs, weights: space.take(inputs * outputs), biases: space.take(outputs) };
    });
    this.scales = space.take(depth);
    /** bytes of all parameters, which lie at 0; the gradients lie behind them in the same order */
    this.size = space.size;
    this.gradients = space.take(this.size / 4);
    this.moments = Array.from({ length: experiment.optimizer === "adam" ? 2 : 1 }, () => space.take(this.size / 4));
    this.isTransposed = false; // the way forward needs it; the gradients then take the place
    this.zeros = space.take(Math.max(width, PIXELS));
    this.one = space.take(1);
    const [images, testImages] = [rows, testRows].map((count) => space.take(count * PIXELS));
    const [pass, test] = space.share([
      () => passOf(space, experiment, rows, images, true),
      () => passOf(space, experiment, testRows, testImages, false),
    ]);
    this.pass = pass;
    this.test = test; // the signals of the one are lost when the other is computed
    this.backs = [space.take(rows * width), space.take(rows * width)];
    this.delta = space.take(rows * CLASSES);
    const { memory, kernels } = make(space.size);
    this.kernels = kernels;
    this.numbers = new Float32Array(memory.buffer);
    this.numbers[this.one >> 2] = 1;
    this.running = Array.from({ length: depth + 1 }, () => ({
      mean: new Float32Array(width), variance: new Float32Array(width).fill(1),
    }));
  }

  /** Draw the weights of the experiment's seed. */
  start() {
    const random = new Random(this.experiment.seed);
    for (const { inputs, outputs, weights, biases } of this.layers) {
      const layer = {
        inputs, outputs, weights: this.view(weights, inputs * outputs), biases: this.view(biases, outputs),
      };
      INITIAL[this.experiment.init](layer, random);
    }
  }

  /** Take the parameters of another network of the same kind. @param {Network} other */
  take(other) {
    this.view(0, this.size / 4).set(other.view(0, this.size / 4));
    this.isTransposed = false;
  }

  /** Transpose the weights into the place of their gradients, for the way forward. */
  transpose() {
    const f = this.numbers;
    for (const { inputs, outputs, weights } of this.layers) {
      const [from, to] = [weights >> 2, (weights + this.gradients) >> 2];
      for (let i = 0; i < outputs; i++) {
        for (let j = 0; j < inputs; j++) f[to + j * outputs + i] = f[from + i * inputs + j];
      }
    }
    this.isTransposed = true;
  }

  /** @param {number} address @param {number} count */
  view(address, count) {
    return this.numbers.subarray(address >> 2, (address >> 2) + count);
  }

  /** Say whether a hidden layer, from 0, adds to its signal. @param {number} layer */
  adds(layer) {
    return this.experiment.residual && this.layers[layer].inputs === this.layers[layer].outputs;
  }

  /** Return what a hidden layer's branch is multiplied by. @param {number} layer */
  scale(layer) {
    const { branch, depth } = this.experiment;
    if (branch === "rezero") return this.numbers[(this.scales >> 2) + layer];
    return branch === "scaled" ? 1 / Math.sqrt(depth) : 1;
  }

  /** Compute the scores of a pass's images; the gradients are lost. @param {Pass} pass @param {boolean} training */
  forward(pass, training) {
    const { depth, residual, normalization } = this.experiment;
    if (!this.isTransposed) this.transpose();
    for (let layer = 0; layer < depth; layer++) this.hidden(pass, layer, training);
    if (residual && normalization !== "none") {
      this.normalize(pass, depth, pass.last, pass.signals[depth], training);
    }
    this.linear(pass, depth, this.lastSignal(pass), pass.scores);
  }

  /** @param {Pass} pass @param {number} layer @param {boolean} training */
  hidden(pass, layer, training) {
    const { activation, normalization } = this.experiment;
    const input = pass.inputs[layer];
    const normalizes = normalization !== "none";
    this.linear(pass, layer, pass.signals[layer], normalizes ? pass.sums : input);
    if (normalizes) this.normalize(pass, layer, input, pass.sums, training);
    if (activation !== "identity") this.activate(pass, layer);
    if (this.adds(layer)) this.add(pass, layer);
  }

  /** @param {Pass} pass @param {number} layer */
  activate({ rows, inputs, outputs }, layer) {
    const { activation, width } = this.experiment;
    this.kernels.activate[activation](outputs[layer], inputs[layer], 4 * rows * width);
  }

  /** @param {Pass} pass @param {number} layer */
  add({ rows, signals, outputs }, layer) {
    const size = 4 * rows * this.experiment.width;
    this.kernels.add(signals[layer + 1], signals[layer], outputs[layer], size, this.scale(layer));
  }

  /** @param {Pass} pass */
  lastSignal(pass) {
    const { depth, residual, normalization } = this.experiment;
    return residual && normalization !== "none" ? pass.last : pass.signals[depth];
  }

  /** @param {Pass} pass @param {number} layer @param {number} from @param {number} to */
  linear(pass, layer, from, to) {
    const { inputs, outputs, weights, biases } = this.layers[layer];
    const transposed = weights + this.gradients;
    this.kernels.product(
      to, from, 4 * inputs, 4, transposed, 4 * outputs, biases, 0, pass.rows, outputs, inputs,
    );
  }

  /** @param {Pass} pass @param {number} place @param {number} out @param {number} x @param {boolean} training */
  normalize(pass, place, out, x, training) {
    const { normalization, width } = this.experiment;
    const statistics = pass.statistics[place];
    if (normalization === "batch" && !training) return this.normalizeAsBefore(pass, place, out, x);
    this.kernels.normalize[normalization](out, x, statistics, pass.rows, width);
    if (normalization !== "batch") return;
    const { mean, variance } = this.running[place];
    const unbiased = pass.rows / (pass.rows - 1);
    const means = (statistics >> 2) + width;
    for (let j = 0; j < width; j++) {
      mean[j] += RUNNING * (this.numbers[means + j] - mean[j]);
      variance[j] += RUNNING * (this.numbers[means + width + j] * unbiased - variance[j]);
    }
  }

  /** Normalize with the running statistics. @param {Pass} pass @param {number} place @param {number} out @param {number} x */
  normalizeAsBefore(pass, place, out, x) {
    const f = this.numbers;
    const { mean, variance } = this.running[place];
    const { width } = this.experiment;
    const [from, to, factor] = [x >> 2, out >> 2, pass.statistics[place] >> 2];
    const offset = factor + width;
    for (let j = 0; j < width; j++) {
      f[factor + j] = 1 / Math.sqrt(variance[j] + EPSILON);
      f[offset + j] = -mean[j] * f[factor + j];
    }
    for (let i = 0; i < pass.rows * width; i += width) {
      for (let j = 0; j < width; j++) f[to + i + j] = f[from + i + j] * f[factor + j] + f[offset + j];
    }
  }

  /** Compute all gradients from that of the scores, in `delta`. */
  backward() {
    const { kernels, pass } = this;
    const { depth, width, residual, normalization } = this.experiment;
    let [back, other] = this.backs;
    this.isTransposed = false;
    this.weightGradient(depth, this.lastSignal(pass), this.delta);
    this.through(depth, this.delta, back, this.zeros, 0);
    if (residual && normalization !== "none") {
      kernels.normalizeBack[normalization](back, pass.last, pass.statistics[depth], pass.rows, width);
    }
    for (let layer = depth - 1; layer >= 0; layer--) {
      const adds = this.adds(layer);
      if (layer % KEPT === KEPT - 1) this.again(layer + 1 - KEPT);
      const inner = adds ? this.branchBack(layer, back, other) : back;
      this.innerBack(layer, inner);
      this.weightGradient(layer, pass.signals[layer], inner);
      if (layer === 0) return;
      if (adds) this.through(layer, inner, back, back, 4 * width);
      else {
        this.through(layer, inner, other, this.zeros, 0);
        [back, other] = [other, back];
      }
    }
  }

  /** Compute again what a training pass left of KEPT hidden layers. @param {number} first of them, behind a kept signal */
  again(first) {
    const { pass } = this;
    for (let layer = first; layer < Math.min(first + KEPT, this.experiment.depth); layer++) {
      if (!this.adds(layer)) continue;
      if (pass.outputs[layer] !== pass.inputs[layer]) this.activate(pass, layer);
      if (layer < first + KEPT - 1) this.add(pass, layer);
    }
  }

  /** Return the gradient with respect to a branch, from that with respect to the sum. @param {number} layer @param {number} back @param {number} branch */
  branchBack(layer, back, branch) {
    const count = this.pass.rows * this.experiment.width;
    const scale = this.scale(layer);
    if (this.experiment.branch === "rezero") {
      const by = (this.scales + this.gradients) >> 2;
      this.numbers[by + layer] = this.kernels.dot(back, this.pass.outputs[layer], 4 * count);
    }
    this.numbers.copyWithin(branch >> 2, back >> 2, (back >> 2) + count);
    if (scale !== 1) this.kernels.scale(branch, 4 * count, scale);
    return branch;
  }

  /** Go back through activation and normalization. @param {number} layer @param {number} delta */
  innerBack(layer, delta) {
    const { pass, kernels } = this;
    const { activation, normalization, width } = this.experiment;
    const [input, output] = [pass.inputs[layer], pass.outputs[layer]];
    if (activation !== "identity") kernels.slope[activation](delta, input, output, 4 * pass.rows * width);
    if (normalization !== "none") {
      kernels.normalizeBack[normalization](delta, input, pass.statistics[layer], pass.rows, width);
    }
  }

  /** @param {number} layer @param {number} signal @param {number} delta */
  weightGradient(layer, signal, delta) {
    const { inputs, outputs, weights, biases } = this.layers[layer];
    const { kernels, gradients, zeros } = this;
    const { rows } = this.pass;
    kernels.product(
      gradients + weights, delta, 4, 4 * outputs, signal, 4 * inputs, zeros, 0, outputs, inputs, rows,
    );
    kernels.product(gradients + biases, this.one, 0, 0, delta, 4 * outputs, zeros, 0, 1, outputs, rows);
  }

  /** @param {number} layer @param {number} delta @param {number} to @param {number} start @param {number} startRow */
  through(layer, delta, to, start, startRow) {
    const { inputs, outputs, weights } = this.layers[layer];
    this.kernels.product(
      to, delta, 4 * outputs, 4, weights, 4 * inputs, start, startRow, this.pass.rows, inputs, outputs,
    );
  }
}
