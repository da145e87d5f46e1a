/**
 * What is measured at the layers of a network after a pass.
 *
 * @module
 */

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

/** Measure the signals of the training pass. @param {Network} network */
export function signals(network) {
  const { depth, width } = network.experiment;
  const { rows } = network.pass;
  const range = rangeOf(network.experiment);
  const histograms = new Uint32Array(depth * BINS);
  const [rms, similarities, sum] = [depth, depth, width].map((length) => new Float64Array(length));
  for (let layer = 0; layer < depth; layer++) {
    const address = network.pass.signals[layer + 1];
    const signal = network.view(address, rows * width);
    count(signal, range, histograms.subarray(layer * BINS, (layer + 1) * BINS));
    rms[layer] = Math.sqrt(network.kernels.dot(address, address, 4 * signal.length) / signal.length);
    similarities[layer] = similarity(signal, rows, width, sum);
  }
  return { histograms, signal_norms: rms, similarities };
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

/** Return the shares of dead units and of saturated slopes. It uses the memory of the way back. @param {Network} network */
export function slopes(network) {
  const { depth, width, activation } = network.experiment;
  const { rows, inputs, outputs } = network.pass;
  const [dead, saturated] = [new Float64Array(depth), new Float64Array(depth)];
  if (activation === "identity") return { dead, saturated };
  const limit = SATURATED * GREATEST[activation];
  const slope = network.view(network.backs[0], rows * width);
  const alive = new Uint8Array(width);
  for (let layer = 0; layer < depth; layer++) {
    slope.fill(1);
    network.activateAgain(layer);
    network.kernels.slope[activation](network.backs[0], inputs[layer], outputs[layer], 4 * rows * width);
    const { silent, flat } = countFlat(slope, alive, limit);
    dead[layer] = silent / width;
    saturated[layer] = flat / slope.length;
  }
  return { dead, saturated };
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
