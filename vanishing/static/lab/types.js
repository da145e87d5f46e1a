/**
 * The types of the laboratory's modules: what is trained, what a worker reports, what is said to it.
 *
 * A state stands in the address as `#v=1&a=…&b=…&c=…`: after each network's letter the fields that
 * differ from the defaults, `name:value`, with commas between; `seed`, `batch_size` and `epochs`
 * stand in each network like every other field. Numbers are written as JavaScript writes them, true and
 * false as such, no bound as `none`. vanishing/laboratory.py reads and writes the same.
 *
 * @module
 */

/** @typedef {"sigmoid" | "tanh" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "silu" | "identity"} Activation */
/** @typedef {"none" | "batch" | "layer" | "rms"} Normalization */
/** @typedef {"sum" | "scaled" | "rezero"} Branch */
/** @typedef {"default" | "xavier" | "he" | "orthogonal"} Init */
/** @typedef {"sgd" | "adam"} Optimizer */

/**
 * One network and its training: the fields, names and bounds of `vanishing.experiment.Experiment`,
 * and the optimizer. Adam takes no notice of the momentum.
 *
 * @typedef {object} Experiment
 * @property {"digits"} data
 * @property {number} depth hidden layers, 1 to 200
 * @property {number} width 1 to 1024
 * @property {Activation} activation
 * @property {boolean} residual
 * @property {Branch} branch
 * @property {Normalization} normalization
 * @property {Init} init
 * @property {number} learning_rate
 * @property {number} momentum
 * @property {number} batch_size
 * @property {number | null} clip_norm
 * @property {number | null} clip_value
 * @property {number} epochs
 * @property {number} seed
 * @property {Optimizer} optimizer
 */

/**
 * What is known of a network after so many updates. The loss and all measures of layers are those of
 * the next batch, by the weights as they are then; the accuracy is that of the 297 test digits.
 * Lists of `layers` have depth + 1 entries, the output last; lists of `hidden` have depth.
 *
 * @typedef {object} Frame
 * @property {number} step updates done
 * @property {number} loss cross entropy in nats; NaN or infinite where the network exploded
 * @property {number} accuracy 0 to 1
 * @property {Float64Array} gradient_norms layers: Euclidean norm of the gradient by the weights, before clipping
 * @property {Float64Array} update_ratios layers: norm of the last update over that of the weights before it; all 0 at step 0
 * @property {Uint32Array} histograms hidden × BINS: how many outputs of the layer fall into each bin; what lies
 *   beyond the range is in the first or last one, NaN in none
 * @property {Float64Array} signal_norms hidden: root mean square of the layer's outputs
 * @property {Float64Array} dead hidden: share of units whose slope is 0 on every image
 * @property {Float64Array} saturated hidden: share of slopes below a tenth of the greatest
 * @property {Float64Array} similarities hidden: mean cosine between the outputs for two images; 1 where all are alike
 * @property {number} nan_layer number, from 1, of the first layer whose outputs are not all finite (depth + 1:
 *   the output); where all are, of the last whose gradient is not finite; 0 where everything is finite
 * @property {number} ms milliseconds of computing since the frame before
 */

/**
 * What `vanishing.training.train` records at a step: of all 1,500 training digits at once.
 *
 * @typedef {object} Profile
 * @property {number} step
 * @property {number} loss
 * @property {number} accuracy
 * @property {Float64Array} gradient_norms
 */

/**
 * To the worker. It answers each in turn, but `stop` at once, between two updates.
 *
 * start: builds a network anew; answer `started`, then the frame of step 0. `bit`: the last bit of the second
 *   layer's first weight is changed. A worker may be started again.
 * step: makes `count` updates and sends a frame after every `every` of them (1 if absent) and after the last;
 *   then `done`. The training never ends by itself: after `epochs` further ones follow.
 * stop: ends a `step` that runs, whose `done` then comes early; no other answer.
 * profile: answer `profile`.
 *
 * @typedef {{type: "start", experiment: Experiment, bit?: boolean}
 *   | {type: "step", count: number, every?: number}
 *   | {type: "stop"}
 *   | {type: "profile"}} Order
 */

/**
 * From the worker. `range`: the ends of the histograms' axis. `error`: the order it answers cannot be followed:
 * "experiment": `field` is unknown or out of bounds; "memory": the network is too large for this
 * browser; "order": no network was started, or the order is unknown; "failed": a fault of ours, `detail` says which.
 *
 * @typedef {{type: "started", layers: string[], range: [number, number], kernels: "emitted" | "plain"}
 *   | {type: "frame", frame: Frame}
 *   | {type: "done", step: number}
 *   | {type: "profile", profile: Profile}
 *   | {type: "error", code: "experiment" | "memory" | "order" | "failed", field?: string, detail?: string}} Answer
 */

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
