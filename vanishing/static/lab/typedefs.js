/**
 * The types that the laboratory's modules share: what is trained, what a worker reports, what is said to it. No
 * browser loads this file.
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
 * @property {Float64Array} gradient_norms layers: Euclidean norm of the gradient with respect to the weights, before clipping
 * @property {Float64Array} update_ratios layers: norm of the last update over that of the weights before it; all 0 at step 0
 * @property {Uint8Array} histograms hidden × BINS: how many outputs of the layer fall into each bin, as a share of
 *   its fullest one, which has 255; what lies beyond the range is in the first or last one, NaN in none
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

/**
 * Every kernel works on float32 numbers in one memory. Addresses, strides and sizes are in bytes; a size is
 * that of contiguous numbers.
 *
 * @typedef {(out: number, x: number, size: number) => void} Map
 * @typedef {(delta: number, x: number, out: number, size: number) => void} Slope
 *   multiplies delta by the slope of an activation that made `out` of `x`
 * @typedef {(out: number, x: number, statistics: number, rows: number, columns: number) => void} Normalize
 *   columns: in numbers
 *
 * @typedef {object} Kernels
 * @property {(out: number, a: number, aRow: number, aColumn: number, b: number, bRow: number, start: number,
 *   startRow: number, rows: number, columns: number, depth: number) => void} product
 *   out = start + a · b, the terms added one after the other; rows, columns and depth in numbers
 * @property {Record<string, Map>} activate
 * @property {Record<string, Slope>} slope
 * @property {(out: number, x: number, y: number, size: number, factor: number) => void} add out = x + factor · y
 * @property {(x: number, size: number, factor: number) => void} scale
 * @property {(x: number, size: number, bound: number) => void} clamp
 * @property {(x: number, y: number, size: number) => number} dot in float64
 * @property {(weights: number, gradients: number, moment: number, size: number, rate: number, momentum: number) => void} sgd
 *   leaves the update where the gradients were
 * @property {(weights: number, gradients: number, first: number, second: number, size: number, rate: number,
 *   epsilon: number) => void} adam rate and epsilon: corrected for the step; leaves the update where the gradients were
 * @property {Record<string, Normalize>} normalize statistics: 3 · columns or rows numbers are written, the factor first
 * @property {Record<string, Normalize>} normalizeBack out = gradient with respect to what was normalized to x
 */

/** @typedef {{memory: WebAssembly.Memory | {buffer: ArrayBuffer}, kernels: Kernels}} Machine */
/** @typedef {(bytes: number) => Machine} MakeMachine gives a memory of that size with kernels that work in it */

/**
 * The addresses of what a number of images makes of a network: lists have one entry per hidden layer, `signals` the
 * images before it, `statistics` that of the output behind it. Of a residual network, signals further apart than
 * KEPT layers may share an address.
 *
 * @typedef {object} Pass
 * @property {number} rows
 * @property {number[]} signals
 * @property {number[]} inputs of the activations
 * @property {number[]} outputs of the activations
 * @property {number[]} statistics
 * @property {number} sums of the layer, before they are normalized
 * @property {number} last normalized signal
 * @property {number} scores
 */

/**
 * @typedef {object} Scans what digits.js exports: the training part first
 * @property {string} pixels one letter each, "a" for 0
 * @property {string} labels one digit each
 * @property {number} training how many belong to the training part
 *
 * @typedef {object} Part
 * @property {Float32Array} inputs number × PIXELS
 * @property {Uint8Array} targets
 *
 * @typedef {{train: Part, test: Part}} Digits
 */

export {};
