/**
 * What a network computes, in plain JavaScript: the measure of emit.js, and what a browser without SIMD runs.
 *
 * @module
 */

import { exp, expm1, tanh } from "./elementary.js";

/** @typedef {import("./typedefs.js").Kernels} Kernels */
/** @typedef {import("./typedefs.js").Map} Map */
/** @typedef {import("./typedefs.js").Slope} Slope */

const { abs, fround, sqrt } = Math;
const SMALLEST = 2 ** -126; // the smallest normal float32: below it a processor takes a hundred times as long
export const SELU_SCALE = 1.0507009873554805;
export const SELU_ALPHA = 1.6732632423543772;
export const LEAK = 0.01;
export const BETA1 = 0.9;
export const BETA2 = 0.999;
export const ADAM_EPSILON = 1e-8;
export const EPSILON = 1e-5; // of batch and layer normalization
const RMS_EPSILON = 2 ** -23;

const sigmoid = (/** @type {number} */ x) => 1 / (1 + exp(-x));

/** Return Φ(x), the share of a normal distribution below x. @param {number} x */
function below(x) {
  if (abs(x) > 8) return x > 0 ? 1 : 0;
  let [term, sum] = [x, x];
  for (let n = 3; abs(term) > 1e-17 * abs(sum); n += 2) sum += term *= (x * x) / n;
  return 0.5 + density(x) * sum;
}

const density = (/** @type {number} */ x) => exp(-0.5 * x * x) / sqrt(2 * Math.PI);

/** @type {Record<string, (x: number) => number>} A comparison with NaN is false: it stays. */
const activations = {
  sigmoid,
  tanh,
  relu: (x) => (x < 0 ? 0 : x),
  leaky_relu: (x) => (x < 0 ? LEAK * x : x),
  elu: (x) => (x < 0 ? expm1(x) : x),
  selu: (x) => SELU_SCALE * (x < 0 ? SELU_ALPHA * expm1(x) : x),
  gelu: (x) => x * below(x),
  silu: (x) => x * sigmoid(x),
};

/** @type {Record<string, (x: number, out: number) => number>} */
const slopes = {
  sigmoid: (_, y) => (1 - y) * y,
  tanh: (_, y) => 1 - y * y,
  relu: (_, y) => (y <= 0 ? 0 : 1),
  leaky_relu: (_, y) => (y <= 0 ? LEAK : 1),
  elu: (_, y) => (y <= 0 ? y + 1 : 1),
  selu: (_, y) => (y <= 0 ? y + SELU_SCALE * SELU_ALPHA : SELU_SCALE),
  gelu: (x) => below(x) + x * density(x),
  silu: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
};

/** @param {WebAssembly.Memory | {buffer: ArrayBuffer}} memory */
export function plainKernels(memory) {
  const f = new Float32Array(memory.buffer);
  return { ...arithmetic(f), ...optimizers(f), ...activationsOf(f), ...normalizations(f) };
}

/** @param {Float32Array} f @returns {Pick<Kernels, "product" | "add" | "scale" | "clamp" | "dot">} */
function arithmetic(f) {
  return {
    product(out, a, aRow, aColumn, b, bRow, start, startRow, rows, columns, depth) {
      for (let row = 0; row < rows; row++) {
        const to = (out >> 2) + row * columns;
        f.copyWithin(to, (start + row * startRow) >> 2, ((start + row * startRow) >> 2) + columns);
        for (let k = 0; k < depth; k++) {
          const factor = f[(a + row * aRow + k * aColumn) >> 2];
          const from = (b + k * bRow) >> 2;
          for (let j = 0; j < columns; j++) f[to + j] = fround(f[to + j] + fround(factor * f[from + j]));
        }
      }
    },
    add(out, x, y, size, factor) {
      const scale = fround(factor);
      for (let i = 0; i < size; i += 4) {
        f[(out + i) >> 2] = fround(f[(x + i) >> 2] + fround(scale * f[(y + i) >> 2]));
      }
    },
    scale(x, size, factor) {
      for (let i = x >> 2; i < (x + size) >> 2; i++) f[i] *= fround(factor);
    },
    clamp(x, size, bound) {
      for (let i = x >> 2; i < (x + size) >> 2; i++) f[i] = Math.max(-bound, Math.min(bound, f[i]));
    },
    dot(x, y, size) {
      let sum = 0;
      for (let i = 0; i < size; i += 4) sum += f[(x + i) >> 2] * f[(y + i) >> 2];
      return sum;
    },
  };
}

/** @param {Float32Array} f @returns {Pick<Kernels, "sgd" | "adam">} */
function optimizers(f) {
  return {
    sgd(weights, gradients, moment, size, rate, momentum) {
      for (let i = 0; i < size; i += 4) {
        const [w, g, m] = [(weights + i) >> 2, (gradients + i) >> 2, (moment + i) >> 2];
        f[m] = fround(fround(f[m] * fround(momentum)) + f[g]);
        f[g] = fround(rate) * f[m];
        f[w] -= f[g];
      }
    },
    adam(weights, gradients, first, second, size, rate, epsilon) {
      for (let i = 0; i < size; i += 4) {
        const [w, g] = [(weights + i) >> 2, (gradients + i) >> 2];
        const [m, v] = [(first + i) >> 2, (second + i) >> 2];
        f[m] += (1 - BETA1) * (f[g] - f[m]);
        f[v] = BETA2 * f[v] + (1 - BETA2) * f[g] * f[g];
        f[g] = (rate * f[m]) / (sqrt(f[v]) + epsilon);
        f[w] -= f[g];
      }
    },
  };
}

/** @param {Float32Array} f @returns {Pick<Kernels, "activate" | "slope">} */
function activationsOf(f) {
  const activate = Object.entries(activations).map(([name, of]) => [
    name,
    /** @type {Map} */ (out, x, size) => {
      for (let i = 0; i < size; i += 4) f[(out + i) >> 2] = of(f[(x + i) >> 2]);
    },
  ]);
  const slope = Object.entries(slopes).map(([name, of]) => [
    name,
    /** @type {Slope} */ (delta, x, out, size) => {
      for (let i = 0; i < size; i += 4) {
        const at = (delta + i) >> 2;
        const factor = of(f[(x + i) >> 2], f[(out + i) >> 2]);
        const value = name === "relu" && factor === 0 ? 0 : f[at] * factor; // a rectifier stops infinity, too
        f[at] = abs(value) < SMALLEST ? 0 : value;
      }
    },
  ]);
  return { activate: Object.fromEntries(activate), slope: Object.fromEntries(slope) };
}

/** @param {Float32Array} f @returns {Pick<Kernels, "normalize" | "normalizeBack">} */
function normalizations(f) {
  return {
    normalize: {
      batch(out, x, statistics, rows, columns) {
        for (let j = 0; j < columns; j++) {
          const line = { from: (x >> 2) + j, to: (out >> 2) + j, step: columns, count: rows };
          const [mean, variance] = moments(f, line);
          const at = (statistics >> 2) + j;
          [f[at], f[at + columns], f[at + 2 * columns]] = [1 / sqrt(variance + EPSILON), mean, variance];
          affine(f, line, f[at], -fround(f[at] * f[at + columns]));
        }
      },
      layer(out, x, statistics, rows, columns) {
        for (let i = 0; i < rows; i++) {
          const line = { from: (x >> 2) + i * columns, to: (out >> 2) + i * columns, step: 1, count: columns };
          const [mean, variance] = moments(f, line);
          const factor = (f[(statistics >> 2) + i] = fround(1 / sqrt(variance + EPSILON)));
          affine(f, line, factor, -fround(factor * fround(mean)));
        }
      },
      rms(out, x, statistics, rows, columns) {
        for (let i = 0; i < rows; i++) {
          const line = { from: (x >> 2) + i * columns, to: (out >> 2) + i * columns, step: 1, count: columns };
          let squares = 0;
          for (let j = 0; j < columns; j++) squares += f[line.from + j] ** 2;
          affine(f, line, (f[(statistics >> 2) + i] = fround(1 / sqrt(squares / columns + RMS_EPSILON))), 0);
        }
      },
    },
    normalizeBack: {
      batch(out, x, statistics, rows, columns) {
        for (let j = 0; j < columns; j++) {
          const line = { from: (x >> 2) + j, to: (out >> 2) + j, step: columns, count: rows };
          back(f, line, f[(statistics >> 2) + j], true);
        }
      },
      layer: (out, x, statistics, rows, columns) => rowsBack(f, out, x, statistics, rows, columns, true),
      rms: (out, x, statistics, rows, columns) => rowsBack(f, out, x, statistics, rows, columns, false),
    },
  };
}

/** @typedef {{from: number, to: number, step: number, count: number}} Line places of numbers that are normalized together */

/** Return mean and variance. @param {Float32Array} f @param {Line} line @returns {[number, number]} */
function moments(f, { from, step, count }) {
  let sum = 0;
  for (let i = 0, at = from; i < count; i++, at += step) sum += f[at];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0, at = from; i < count; i++, at += step) squares += (f[at] - mean) ** 2;
  return [mean, squares / count];
}

/** @param {Float32Array} f @param {Line} line @param {number} factor @param {number} offset */
function affine(f, { from, to, step, count }, factor, offset) {
  for (let i = 0, at = 0; i < count; i++, at += step) {
    f[to + at] = fround(fround(f[from + at] * factor) + offset);
  }
}

/**
 * @param {Float32Array} f @param {number} out @param {number} x @param {number} statistics @param {number} rows
 * @param {number} columns @param {boolean} centred
 */
function rowsBack(f, out, x, statistics, rows, columns, centred) {
  for (let i = 0; i < rows; i++) {
    const line = { from: (x >> 2) + i * columns, to: (out >> 2) + i * columns, step: 1, count: columns };
    back(f, line, f[(statistics >> 2) + i], centred);
  }
}

/** @param {Float32Array} f @param {Line} line @param {number} factor @param {boolean} centred a mean was taken off */
function back(f, { from, to, step, count }, factor, centred) {
  let [sum, dot] = [0, 0];
  for (let i = 0, at = 0; i < count; i++, at += step) {
    sum += f[to + at];
    dot += f[to + at] * f[from + at];
  }
  const mean = centred ? fround(sum / count) : 0;
  const share = fround(dot / count);
  for (let i = 0, at = 0; i < count; i++, at += step) {
    f[to + at] = fround(fround(f[to + at] - mean) - fround(f[from + at] * share)) * factor;
  }
}
