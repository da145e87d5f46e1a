/**
 * What can be said of a network from what it has reported: which sentence, and its numbers.
 *
 * @module
 */
import { formatNumber } from "./text.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./state.js").Network} Network */
/** @typedef {{key: string, values: Record<string, string | number>}} Said */

export const GUESSING_LOSS = Math.log(10);
export const GUESSING_ACCURACY = 0.1;
const LEARNED = 0.5;
const SIMILAR = 10; // the factor within which two gradients are called similar
const TINY = 1e-2; // largest gradient norm of a hidden layer below which nothing moves
const ALIKE = 0.99;
const TOGETHER = 0.01; // relative difference of two losses that are taken for equal

/**
 * Judge as `vanishing.training.end_state` does; before the end, what has not broken is still going.
 *
 * @param {readonly Frame[]} frames up to now
 * @param {number} steps of the whole training
 * @returns {"learned" | "stalled" | "diverged" | "going"}
 */
export function stateOf(frames, steps) {
  const now = frames[frames.length - 1];
  if (frames.some(({ loss }) => !Number.isFinite(loss))) return "diverged";
  if (now.step < steps) return "going";
  if (isTooLarge(frames)) return "diverged";
  return now.accuracy >= LEARNED ? "learned" : "stalled";
}

/** @param {readonly Frame[]} frames up to now */
function isTooLarge(frames) {
  return frames[frames.length - 1].loss > Math.max(2 * GUESSING_LOSS, frames[0].loss);
}

/**
 * Return the first layer's gradient as a share of that of the last layer.
 *
 * @param {Frame} frame
 */
export function ratioOf({ gradient_norms: norms }) {
  return norms[0] / norms[norms.length - 1];
}

/**
 * Choose the sentence about one network, by what the chart shows.
 *
 * @param {readonly Frame[]} frames up to now, at least one
 * @param {number} steps of the whole training
 * @param {string} show what the chart by layer shows
 * @returns {Said}
 */
export function sentenceOf(frames, steps, show) {
  const now = frames[frames.length - 1];
  const state = stateOf(frames, steps);
  const percent = percentOf(now);
  if (state === "diverged" || isTooLarge(frames)) return explosion(frames, now);
  if (show === "similarities") return likeness(now);
  if (show === "update_ratios" && now.step > 0) {
    const { update_ratios: ratios } = now;
    const [first, last] = [ratios[0], ratios[ratios.length - 1]].map(formatNumber);
    return { key: "moves", values: { first, last, percent } };
  }
  const best = frames.reduce((one, other) => (other.accuracy > one.accuracy ? other : one));
  if (best.accuracy >= LEARNED && now.accuracy < LEARNED) {
    return { key: "jumping", values: { step: best.step, best: percentOf(best), percent } };
  }
  const phase = now.step === 0 ? "start" : now.accuracy >= LEARNED ? "learned" : state;
  const [ratio, largest] = [ratioOf(now), Math.max(...now.gradient_norms.subarray(0, -1))].map(formatNumber);
  return { key: `${kindOf(now, phase)}_${phase}`, values: { ratio, largest, percent } };
}

/** @param {Frame} frame */
function percentOf({ accuracy }) {
  return Math.round(100 * accuracy);
}

/**
 * Say how the gradient comes back: large, even or small at the first layer, or tiny in all hidden ones; in a
 * network that has learned it may be tiny, because there is no error left.
 *
 * @param {Frame} now
 * @param {string} phase
 */
function kindOf(now, phase) {
  const ratio = ratioOf(now);
  if (ratio > SIMILAR) return "large";
  if (!(ratio >= 1 / SIMILAR)) return "small";
  return phase !== "learned" && Math.max(...now.gradient_norms.subarray(0, -1)) < TINY ? "tiny" : "even";
}

/**
 * @param {readonly Frame[]} frames
 * @param {Frame} now
 * @returns {Said}
 */
function explosion(frames, now) {
  const broken = frames.find(({ loss }) => !Number.isFinite(loss));
  if (broken) return { key: "nan", values: { step: broken.step, layer: broken.nan_layer } };
  return { key: "too_large", values: { loss: formatNumber(now.loss) } };
}

/**
 * @param {Frame} now
 * @returns {Said}
 */
function likeness({ similarities }) {
  const similarity = similarities[similarities.length - 1];
  return { key: similarity > ALIKE ? "alike" : "distinct", values: { similarity: similarity.toFixed(3) } };
}

/**
 * Compare a network with another one that was to be equal.
 *
 * @param {readonly Frame[]} frames up to now
 * @param {readonly Frame[]} others those of the other network, at the same steps
 * @param {string} other its name
 * @returns {Said}
 */
export function comparison(frames, others, other) {
  const apart = frames.findIndex(({ loss }, n) => !(Math.abs(loss - others[n].loss) <= TOGETHER * Math.abs(loss)));
  if (apart < 0) return { key: "together", values: { other } };
  const [loss, other_loss] = [frames, others].map((list) => formatNumber(list[list.length - 1].loss));
  return { key: "parted", values: { step: frames[Math.max(0, apart - 1)].step, other, loss, other_loss } };
}

/**
 * Find the network that another one equals but for one bit.
 *
 * @param {readonly Network[]} networks
 * @param {number} place of the network whose bit is changed
 * @returns {number} its place, or -1
 */
export function twinOf(networks, place) {
  if (!networks[place].bit) return -1;
  const same = (/** @type {Network} */ network) => JSON.stringify({ ...network, bit: false });
  return networks.findIndex((other) => !other.bit && same(other) === same(networks[place]));
}
