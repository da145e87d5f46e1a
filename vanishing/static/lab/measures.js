/**
 * What is measured at the layers of a network after a pass.
 *
 * @module
 */

import { KEPT } from "./network.js";
import { SELU_ALPHA, SELU_SCALE } from "./plain.js";
import { BINS } from "./types.js";

/** @typedef {import("./network.js").Network} Network */

const SATURATED = 0.1; // of the greatest slope, as in vanishing/activations.py
const GREATEST = {
  sigmoid: 0.25, tanh: 1, relu: 1, leaky_relu: 1, elu: 1, selu: SELU_SCALE * SELU_ALPHA, gelu: 1.128904145,
  silu: 1.099839320, identity: 1,
};
const FULL = 255;
const [PLAIN_RANGE, SUM_RANGE] = [4, 8]; // half the histograms' axis; what is added up spreads wider

/** Return the ends of the histograms' axis. @param {import("./typedefs.js").Experiment} experiment @returns {[number, number]} */
export function rangeOf({ activation, residual }) {
  if (residual) return [-SUM_RANGE, SUM_RANGE];
  if (activation === "sigmoid") return [0, 1];
  return activation === "tanh" ? [-1, 1] : [-PLAIN_RANGE, PLAIN_RANGE];
}

/** Return the norm of each layer's numbers: weights, or what lies as far behind them. @param {Network} network @param {number} behind bytes */
export function norms(network, behind) {
  return Float64Array.from(network.layers, ({ inputs, outputs, weights }) => {
    const address = weights + behind;
    return Math.sqrt(network.kernels.dot(address, address, 4 * inputs * outputs));
  });
}

/**
 * What is measured at the hidden layers, as `Frame` says, but histograms that hold counts.
 *
 * @typedef {ReturnType<typeof nothing>} Measured
 */

/** @param {number} depth */
function nothing(depth) {
  const list = () => new Float64Array(depth);
  return {
    histograms: new Uint32Array(depth * BINS), signal_norms: list(), similarities: list(), dead: list(), saturated: list(),
  };
}

/** Measure the hidden layers of the training pass. It uses the memory of the way back. @param {Network} network */
export function hidden(network) {
  const { depth, width } = network.experiment;
  const measured = nothing(depth);
  const [sum, alive] = [new Float64Array(width), new Uint8Array(width)];
  for (let layer = 0; layer < depth; layer++) {
    if (layer % KEPT === 0) network.again(layer);
    measureSignal(network, layer, measured, sum);
    measureSlopes(network, layer, measured, alive);
  }
  return measured;
}

/** @param {Network} network @param {number} layer @param {Measured} measured @param {Float64Array} sum is overwritten */
function measureSignal(network, layer, { histograms, signal_norms, similarities }, sum) {
  const { rows, signals } = network.pass;
  const address = signals[layer + 1];
  const signal = network.view(address, rows * sum.length);
  count(signal, rangeOf(network.experiment), histograms.subarray(layer * BINS, (layer + 1) * BINS));
  signal_norms[layer] = Math.sqrt(network.kernels.dot(address, address, 4 * signal.length) / signal.length);
  similarities[layer] = similarity(signal, rows, sum.length, sum);
}

/** Count the numbers in each bin. @param {Float32Array} numbers @param {[number, number]} range @param {Uint32Array} bins */
export function count(numbers, [low, high], bins) {
  const perUnit = bins.length / (high - low);
  const last = bins.length - 1;
  for (let i = 0; i < numbers.length; i++) {
    const place = (numbers[i] - low) * perUnit;
    if (place >= last) bins[last] += 1;
    else if (place >= 1) bins[Math.floor(place)] += 1;
    else if (place < 1) bins[0] += 1; // NaN is neither
  }
}

/** Write the bins of each layer as shares of its fullest one, of which that has FULL: a byte each. @param {Uint32Array} histograms */
export function shares(histograms) {
  const written = new Uint8Array(histograms.length);
  for (let start = 0; start < written.length; start += BINS) {
    let most = 0;
    for (let bin = start; bin < start + BINS; bin++) most = Math.max(most, histograms[bin]);
    for (let bin = start; bin < start + BINS; bin++) written[bin] = most && Math.ceil((FULL * histograms[bin]) / most);
  }
  return written;
}

/**
 * Return the mean cosine between two different rows; 1 where fewer than two are not zero.
 *
 * Unit vectors that are added up have the square of the length n + n (n − 1) · that mean.
 *
 * @param {Float32Array} numbers @param {number} rows @param {number} width @param {Float64Array} sum is overwritten
 */
export function similarity(numbers, rows, width, sum) {
  sum.fill(0);
  let units = 0;
  for (let start = 0; start < rows * width; start += width) {
    let square = 0;
    for (let j = start; j < start + width; j++) square += numbers[j] * numbers[j];
    if (square === 0) continue;
    units += 1;
    const scale = 1 / Math.sqrt(square);
    for (let j = 0; j < width; j++) sum[j] += scale * numbers[start + j];
  }
  if (units < 2) return 1;
  let square = 0;
  for (let j = 0; j < width; j++) square += sum[j] * sum[j];
  return (square - units) / (units * (units - 1));
}

/** @param {Network} network @param {number} layer @param {Measured} measured @param {Uint8Array} alive is overwritten */
function measureSlopes(network, layer, { dead, saturated }, alive) {
  const { rows, inputs, outputs } = network.pass;
  const { activation } = network.experiment;
  if (activation === "identity") return;
  const slope = network.view(network.backs[0], rows * alive.length).fill(1);
  network.kernels.slope[activation](network.backs[0], inputs[layer], outputs[layer], 4 * slope.length);
  const { silent, flat } = countFlat(slope, alive, SATURATED * GREATEST[activation]);
  dead[layer] = silent / alive.length;
  saturated[layer] = flat / slope.length;
}

/** Count the columns that are zero, and the numbers below a limit. @param {Float32Array} numbers @param {Uint8Array} alive one per column; is overwritten @param {number} limit */
function countFlat(numbers, alive, limit) {
  const width = alive.length;
  alive.fill(0);
  let [flat, silent] = [0, width];
  for (let start = 0; start < numbers.length; start += width) {
    for (let j = 0; j < width; j++) {
      const number = Math.abs(numbers[start + j]);
      if (number < limit) flat += 1;
      if (number !== 0) alive[j] = 1;
    }
  }
  for (let j = 0; j < width; j++) silent -= alive[j];
  return { silent, flat };
}

/** Return where numbers stop being finite, as `Frame.nan_layer` says. @param {Network} network @param {Float64Array} signalNorms @param {Float64Array} gradientNorms */
export function nanLayer(network, signalNorms, gradientNorms) {
  const { scores, rows } = network.pass;
  const output = network.kernels.dot(scores, scores, 4 * 10 * rows);
  const forward = [...signalNorms, output].findIndex((norm) => !Number.isFinite(norm));
  if (forward >= 0) return forward + 1;
  return gradientNorms.findLastIndex((norm) => !Number.isFinite(norm)) + 1;
}
