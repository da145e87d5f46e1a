/**
 * What the charts and the table show of the recorded frames.
 *
 * @module
 */
import { decades } from "./charts.js";
import { GUESSING_ACCURACY, GUESSING_LOSS, ratioOf, stateOf } from "./sentences.js";
import { formatNumber } from "./text.js";
import { say } from "./words.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./charts.js").View} View */
/** @typedef {import("./words.js").Words} Words */

/** Measures whose values are shares of 1, or cosines: their axis is linear. */
const LINEAR = ["similarities", "dead", "saturated"];
const FIXED = { low: 1e-16, high: 1e4 };

/**
 * What is shown: of each network its name and its frames up to now; the first frame is of step 0.
 *
 * @typedef {object} Scene
 * @property {Words} words
 * @property {string[]} names
 * @property {(readonly Frame[])[]} recorded
 * @property {(readonly Frame[])[]} everything the frames after now too: an axis stays put while the step changes
 * @property {string} show the measure of the chart by layer
 * @property {boolean} fixed whether its axis is the same in all experiments
 * @property {number} layer that is looked into
 * @property {number} steps of the whole training
 */

/**
 * @param {Scene} scene
 * @returns {View}
 */
export function byLayer({ words, names, recorded, everything, show, fixed, layer }) {
  const valuesOf = (/** @type {Frame} */ frame) => /** @type {Float64Array} */ (/** @type {any} */ (frame)[show]);
  const isKnown = (/** @type {Frame | undefined} */ frame) => frame && (show !== "update_ratios" || frame.step > 0);
  const lines = recorded.flatMap((frames, place) => {
    const [first, now] = [frames[0], frames.at(-1)];
    const line = (/** @type {any} */ frame, /** @type {boolean} */ pale) => {
      const ys = valuesOf(frame);
      return { place, xs: Array.from(ys, (_, n) => n + 1), ys, pale, markers: !pale };
    };
    const isMoved = now && first !== now;
    return [...(isMoved && isKnown(first) ? [line(first, true)] : []), ...(isKnown(now) ? [line(now, false)] : [])];
  });
  const seen = everything.flatMap((frames) => frames.filter(isKnown).flatMap((frame) => extremes(frame, show, valuesOf(frame))));
  const scale = LINEAR.includes(show) ? { low: 0, high: 1, log: false } : { ...(fixed ? FIXED : decades(seen)), log: true };
  const depth = Math.max(1, ...recorded.map((frames) => frames[0]?.gradient_norms.length ?? 1));
  const label = [
    say(words, "notices", "chart_by_layer", { measure: words.measures[show], step: recorded[0]?.at(-1)?.step ?? 0 }),
    ...lines.filter(({ pale }) => !pale).map(({ place, ys }) => ends(words, "line_by_layer", names[place], ys)),
  ].join(" ");
  const x = { low: 0.5, high: depth + 0.5, text: words.labels.layer };
  const isEmpty = lines.length === 0 && recorded.some((frames) => frames.length);
  const notice = isEmpty ? say(words, "notices", "no_update", {}) : "";
  return { lines, names, x, y: { ...scale, text: words.measures[show] }, marks: [], guide: layer, notice, label };
}

/**
 * @param {Scene} scene
 * @param {"loss" | "accuracy"} measure
 * @returns {View}
 */
export function byStep({ words, names, recorded, everything, steps }, measure) {
  const log = measure === "loss";
  const lines = recorded.map((frames, place) => ({
    place,
    xs: frames.map(({ step }) => step),
    ys: frames.map((frame) => frame[measure]),
  }));
  const seen = everything.flatMap((frames) => frames.map(({ loss }) => loss));
  const scale = log ? decades([...seen, 1, 10]) : { low: 0, high: 1 };
  const guess = log ? GUESSING_LOSS : GUESSING_ACCURACY;
  const shown = log ? guess.toFixed(2) : formatNumber(guess);
  const marks = [{ value: guess, text: say(words, "notices", `guessing_${measure}`, { [measure]: shown }) }];
  const [step, last] = [recorded, everything].map((list) => Math.max(0, ...list.map((frames) => frames.at(-1)?.step ?? 0)));
  const label = [
    say(words, "notices", "chart_by_step", { measure: words.labels[measure], step }),
    ...lines.map(({ place, ys }) => ends(words, "line_by_step", names[place], ys)),
  ].join(" ");
  const x = { low: 0, high: Math.max(steps, last), text: words.labels.x_step };
  return { lines, names: [], x, y: { ...scale, log, text: words.labels[measure] }, marks, label };
}

/**
 * Return the cells of a network's row in the table, behind its name.
 *
 * @param {Scene} scene
 * @param {number} place
 */
export function row({ words, recorded, steps }, place) {
  const frames = recorded[place];
  const now = frames.at(-1);
  if (!now) return Array(7).fill("–");
  const norms = now.gradient_norms;
  const numbers = [now.loss, now.accuracy, norms[0], norms[norms.length - 1], ratioOf(now)].map(formatNumber);
  return [words.labels[stateOf(frames, steps)], ...numbers, formatNumber(Math.round(pace(frames)))];
}

/**
 * Return the milliseconds of an update, as those of late took.
 *
 * @param {readonly Frame[]} frames
 */
export function pace(frames) {
  const late = frames.slice(-6).filter(({ step }) => step > 0);
  const took = late.map(({ ms }) => ms).sort((one, other) => one - other);
  return took[took.length >> 1] ?? 0;
}

/**
 * @param {Words} words
 * @param {string} key
 * @param {string} network
 * @param {ArrayLike<number>} values
 */
function ends(words, key, network, values) {
  const [first, last] = [values[0], values[values.length - 1]].map((value) => formatNumber(value ?? NaN));
  return say(words, "notices", key, { network, first, last });
}

/** @type {WeakMap<Frame, Record<string, number[]>>} */
const known = new WeakMap();

/**
 * Return the smallest and the largest of the values that are above 0; they are looked for once.
 *
 * @param {Frame} frame
 * @param {string} show
 * @param {Float64Array} values
 */
function extremes(frame, show, values) {
  const found = known.get(frame) ?? {};
  known.set(frame, found);
  if (!found[show]) {
    const drawn = values.filter((value) => value > 0 && value < Infinity);
    found[show] = drawn.length ? [drawn.reduce((one, other) => Math.min(one, other)), Math.max(...drawn)] : [];
  }
  return found[show];
}
