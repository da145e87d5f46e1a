/**
 * Trains a network as vanishing/training.py does: the same batches, the same updates.
 *
 * @module
 */

import { exp, log } from "./elementary.js";
import { hidden, nanLayer, norms } from "./measures.js";
import { CLASSES, Network, PIXELS, SCALE } from "./network.js";
import { ADAM_EPSILON, BETA1, BETA2 } from "./plain.js";
import { Random } from "./random.js";

/** @typedef {import("./typedefs.js").Experiment} Experiment */
/** @typedef {import("./typedefs.js").Profile} Profile */
/** @typedef {import("./typedefs.js").Digits} Digits */
/** @typedef {import("./typedefs.js").MakeMachine} MakeMachine */

const CHUNK = 100; // images of the whole training part that are in memory at once
const AVOIDS_ZERO = 1e-6; // what torch.nn.utils.clip_grad_norm_ adds

/** A network in training. Gradients are always those of the batch that comes next. */
export class Training {
  /**
   * @param {Experiment} experiment @param {Digits} digits @param {MakeMachine} make
   * @param {boolean} [bit] change the last bit of the second layer's first weight
   */
  constructor(experiment, digits, make, bit = false) {
    this.experiment = experiment;
    this.digits = digits;
    this.make = make;
    this.network = new Network(experiment, experiment.batch_size, digits.test.targets.length, make);
    this.network.view(this.network.test.signals[0], digits.test.inputs.length).set(digits.test.inputs);
    this.network.start();
    if (bit) this.changeBit();
    this.batches = batches(experiment, digits.train.targets.length);
    this.step = 0;
    this.decays = [1, 1]; // of Adam's means
    this.loss = NaN;
    this.accuracy = NaN;
    this.ratios = new Float64Array(this.network.layers.length);
  }

  /** The first layer's first weights belong to pixels that are white on every image. */
  changeBit() {
    const { network } = this;
    new Uint32Array(network.numbers.buffer)[network.layers[1].weights >> 2] ^= 1;
    network.isTransposed = false;
  }

  /** Look at the next batch: compute loss and gradients. */
  look() {
    const { network, digits } = this;
    const batch = /** @type {Uint32Array} */ (this.batches.next().value);
    const targets = gather(network, digits.train, batch);
    network.forward(network.pass, true);
    this.loss = crossEntropy(network, targets, batch.length);
    network.backward();
  }

  /** Look at the next batch and return everything that is known then; the histograms hold counts. */
  frame() {
    const { network } = this;
    this.accuracy = accuracy(network, this.digits.test.targets); // before the batch moves the running statistics
    this.look();
    const gradient_norms = norms(network, network.gradients).map((norm) => norm / SCALE);
    const seen = hidden(network);
    return {
      step: this.step,
      loss: this.loss,
      accuracy: this.accuracy,
      gradient_norms,
      update_ratios: this.ratios,
      ...seen,
      nan_layer: nanLayer(network, seen.signal_norms, gradient_norms),
    };
  }

  /** Update the weights. @param {boolean} measures whether the updates' size is asked for */
  update(measures) {
    const { network } = this;
    const before = measures ? norms(network, 0) : new Float64Array();
    this.clip();
    this.step += 1;
    this.optimize();
    if (measures) this.ratios = norms(network, network.gradients).map((norm, layer) => norm / before[layer]);
  }

  clip() {
    const { clip_norm, clip_value } = this.experiment;
    const { kernels, gradients, size } = this.network;
    if (clip_norm !== null) {
      const norm = Math.sqrt(kernels.dot(gradients, gradients, size)) / SCALE;
      kernels.scale(gradients, size, Math.min(1, clip_norm / (norm + AVOIDS_ZERO)));
    }
    if (clip_value !== null) kernels.clamp(gradients, size, clip_value * SCALE);
  }

  optimize() {
    const { kernels, gradients, moments, size } = this.network;
    const { optimizer, learning_rate, momentum } = this.experiment;
    const [first, second] = moments;
    if (optimizer === "sgd") return kernels.sgd(0, gradients, first, size, learning_rate / SCALE, momentum);
    this.decays = [this.decays[0] * BETA1, this.decays[1] * BETA2];
    const root = Math.sqrt(1 - this.decays[1]);
    const rate = (learning_rate / (1 - this.decays[0])) * root;
    kernels.adam(0, gradients, first, second, size, rate, ADAM_EPSILON * SCALE * root);
  }

  /** Measure loss and gradients of the whole training part; nothing here changes. @returns {Profile} */
  profile() {
    const { inputs, targets } = this.digits.train;
    const size = targets.length;
    const rows = this.experiment.normalization === "batch" ? size : CHUNK;
    const network = new Network(this.experiment, rows, 1, this.make);
    network.take(this.network);
    const sums = new Float64Array(network.size / 4);
    let loss = 0;
    for (let start = 0; start < size; start += rows) {
      const chunk = Uint32Array.from({ length: rows }, (_, row) => start + row);
      const labels = gather(network, { inputs, targets }, chunk);
      network.forward(network.pass, true);
      loss += (crossEntropy(network, labels, size) * rows) / size;
      network.backward();
      const gradients = network.view(network.gradients, sums.length);
      for (let i = 0; i < sums.length; i++) sums[i] += gradients[i];
    }
    const gradient_norms = Float64Array.from(network.layers, (layer) => {
      const start = layer.weights >> 2;
      let square = 0;
      for (let i = start; i < start + layer.inputs * layer.outputs; i++) square += sums[i] * sums[i];
      return Math.sqrt(square) / SCALE;
    });
    return { step: this.step, loss, accuracy: this.accuracy, gradient_norms };
  }
}

/** @param {Experiment} experiment @param {number} size @returns {Generator<Uint32Array>} */
function* batches({ seed, batch_size }, size) {
  const random = new Random(seed);
  const whole = size - (size % batch_size);
  while (true) {
    const order = random.permutation(size);
    for (let start = 0; start < whole; start += batch_size) yield order.subarray(start, start + batch_size);
  }
}

/** Put images into the network's training pass; return what they show. @param {Network} network @param {import("./typedefs.js").Part} part @param {Uint32Array} batch */
function gather(network, { inputs, targets }, batch) {
  const rows = network.view(network.pass.signals[0], batch.length * PIXELS);
  batch.forEach((image, row) => {
    for (let pixel = 0; pixel < PIXELS; pixel++) rows[row * PIXELS + pixel] = inputs[image * PIXELS + pixel];
  });
  return Uint8Array.from(batch, (image) => targets[image]);
}

/**
 * Return the mean cross entropy of the training pass in nats, and leave its gradient with respect to the scores.
 *
 * @param {Network} network @param {Uint8Array} targets @param {number} size images over which the gradient is a mean
 */
function crossEntropy(network, targets, size) {
  const scores = network.view(network.pass.scores, targets.length * CLASSES);
  const delta = network.view(network.delta, scores.length);
  let loss = 0;
  for (let row = 0; row < targets.length; row++) {
    const start = row * CLASSES;
    let [greatest, sum] = [-Infinity, 0];
    for (let i = start; i < start + CLASSES; i++) greatest = Math.max(greatest, scores[i]);
    for (let i = start; i < start + CLASSES; i++) sum += exp(scores[i] - greatest);
    const own = start + targets[row];
    loss += greatest + log(sum) - scores[own];
    for (let i = start; i < start + CLASSES; i++) {
      const share = exp(scores[i] - greatest) / sum;
      delta[i] = ((share - (i === own ? 1 : 0)) / size) * SCALE;
    }
  }
  return loss / targets.length;
}

/** Return the share of the test digits that are recognised. @param {Network} network @param {Uint8Array} targets */
function accuracy(network, targets) {
  network.forward(network.test, false);
  const scores = network.view(network.test.scores, targets.length * CLASSES);
  let right = 0;
  targets.forEach((target, row) => {
    right += best(scores, row * CLASSES) === target ? 1 : 0;
  });
  return right / targets.length;
}

/** Return the kind with the greatest of an image's scores; as in PyTorch, NaN is greater than all. @param {Float32Array} scores @param {number} start */
function best(scores, start) {
  let greatest = start;
  for (let i = start; i < start + CLASSES; i++) {
    if (Number.isNaN(scores[i])) return i - start;
    if (scores[i] > scores[greatest]) greatest = i;
  }
  return greatest - start;
}
