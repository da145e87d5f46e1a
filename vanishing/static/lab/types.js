/**
 * What a network may be, and the names of the types that the page's modules use.
 *
 * @module
 */

/** @typedef {import("./typedefs.js").Experiment} Experiment */
/** @typedef {import("./typedefs.js").Frame} Frame */
/** @typedef {import("./typedefs.js").Profile} Profile */
/** @typedef {import("./typedefs.js").Order} Order */
/** @typedef {import("./typedefs.js").Answer} Answer */

/** Bins of a histogram. */
export const BINS = 48;

/**
 * The defaults: those of Python's `Experiment`; where it has none, as in the book.
 *
 * @type {Readonly<Experiment>}
 */
export const DEFAULTS = Object.freeze({
  data: "digits",
  depth: 10,
  width: 64,
  activation: "relu",
  residual: false,
  branch: "sum",
  normalization: "none",
  init: "default",
  learning_rate: 0.1,
  momentum: 0.9,
  batch_size: 100,
  clip_norm: null,
  clip_value: null,
  epochs: 12,
  seed: 0,
  optimizer: "sgd",
});

/** The names that a field may hold, in the order in which they are offered. */
export const CHOICES = Object.freeze({
  data: ["digits"],
  activation: ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "identity"],
  normalization: ["none", "batch", "layer", "rms"],
  branch: ["sum", "scaled", "rezero"],
  init: ["default", "xavier", "he", "orthogonal"],
  optimizer: ["sgd", "adam"],
});

/** The least and the greatest value of a field, and whether it is a whole number. */
export const BOUNDS = Object.freeze({
  depth: { least: 1, most: 200, whole: true },
  width: { least: 1, most: 1024, whole: true },
  learning_rate: { least: 1e-9, most: 100, whole: false },
  momentum: { least: 0, most: 0.999, whole: false },
  batch_size: { least: 2, most: 1500, whole: true },
  clip_norm: { least: 1e-9, most: 1e9, whole: false },
  clip_value: { least: 1e-9, most: 1e9, whole: false },
  epochs: { least: 1, most: 1000, whole: true },
  seed: { least: 0, most: 2 ** 32 - 1, whole: true },
});
