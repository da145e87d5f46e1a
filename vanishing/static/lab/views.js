/**
 * What the charts and the table show of the recorded frames.
 *
 * @module
 */
import { decades, SMALLEST } from "./charts.js";
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
 * @property {string[][]} legends the names, and shorter ones where there is little room
 * @property {(readonly Frame[])[]} recorded
 * @property {(readonly Frame[])[]} everything the frames after now too: an axis stays put while the step changes
 * @property {string} show the measure of the chart by layer
 * @property {boolean} fixed whether its axis is the same in all experiments
 * @property {number} layers of the deepest network, with its output layer
 * @property {number} layer that is looked into
 * @property {number} steps of the whole training
 */

/**
 * @param {Scene} scene
 * @returns {View}
 */
export function byLayer({ words, names, legends, recorded, everything, show, fixed, layers, layer }) {
  const isKnown = (/** @type {Frame | undefined} */ frame) => frame && (show !== "update_ratios" || frame.step > 0);
  const lines = recorded.flatMap((frames, place) => {
    const [first, now] = [frames[0], frames.at(-1)];
    const line = (/** @type {any} */ frame, /** @type {"pale" | "now"} */ paint) => {
      const source = valuesOf(frame, show);
      const y = (/** @type {number} */ n) => source[n];
      return { place, source, count: source.length, x: nextLayer, y, paint, markers: paint === "now" };
    };
    const isMoved = now && first !== now;
    return [...(isMoved && isKnown(first) ? [line(first, "pale")] : []), ...(isKnown(now) ? [line(now, "now")] : [])];
  });
  const isLinear = LINEAR.includes(show);
  const isCovered = everything.every((frames) => !frames.length); // then no axis says what it hides
  const seen = isLinear || fixed ? [] : everything.flatMap((frames) => extentOf(frames, show));
  const scale = isLinear ? { low: 0, high: 1, log: false } : { ...(fixed || isCovered ? FIXED : decades(seen)), log: true };
  const label = () => [
    say(words, "notices", "chart_by_layer", { measure: words.measures[show], step: recorded[0]?.at(-1)?.step ?? 0 }),
    ...lines.filter(({ paint }) => paint === "now").map((line) => ends(words, "line_by_layer", names[line.place], line)),
  ].join(" ");
  const x = { low: 0.5, high: layers + 0.5, text: words.labels.layer };
  const isEmpty = lines.length === 0 && recorded.some((frames) => frames.length);
  const notice = isEmpty ? say(words, "notices", "no_update", {}) : "";
  return { lines, legends, x, y: { ...scale, text: words.measures[show] }, marks: [], guide: layer, notice, label };
}

/**
 * Show how a measure went up to now; behind a vertical line, thinner, how it went on where more was recorded.
 *
 * @param {Scene} scene
 * @param {"loss" | "accuracy"} measure
 * @returns {View}
 */
export function byStep({ words, names, recorded, everything, steps }, measure) {
  const log = measure === "loss";
  const line = (/** @type {number} */ place, /** @type {number} */ count, /** @type {"now" | "later"} */ paint) => {
    const frames = everything[place]; // the list itself: what was drawn of it is not drawn anew
    return {
      place, source: frames, count, paint,
      x: (/** @type {number} */ n) => frames[n].step,
      y: (/** @type {number} */ n) => frames[n][measure],
    };
  };
  const now = recorded.map(({ length }, place) => line(place, length, "now"));
  const later = recorded.flatMap(({ length }, place) => {
    const all = everything[place].length;
    return all > length ? [line(place, all, "later")] : [];
  });
  const scale = log ? decades([...everything.flatMap((frames) => extentOf(frames, measure)), 1, 10]) : { low: 0, high: 1 };
  const guess = log ? GUESSING_LOSS : GUESSING_ACCURACY;
  const shown = log ? guess.toFixed(2) : formatNumber(guess);
  const marks = [{ value: guess, text: say(words, "notices", `guessing_${measure}`, { [measure]: shown }) }];
  const step = Math.max(0, ...recorded.map((frames) => frames.at(-1)?.step ?? 0));
  const label = () => [
    say(words, "notices", "chart_by_step", { measure: words.labels[measure], step }),
    ...now.map((one) => ends(words, "line_by_step", names[one.place], one)),
  ].join(" ");
  const x = { low: 0, high: steps, text: words.labels.x_step };
  const guide = later.length ? step : undefined;
  return { lines: [...now, ...later], legends: [], x, y: { ...scale, log, text: words.labels[measure] }, marks, guide, label };
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
 * @param {import("./charts.js").Line} line
 */
function ends(words, key, network, { count, y }) {
  const [first, last] = [0, count - 1].map((n) => formatNumber(count ? y(n) : NaN));
  return say(words, "notices", key, { network, first, last });
}

/** @param {number} n place of a value */
function nextLayer(n) {
  return n + 1;
}

/**
 * @param {Frame} frame
 * @param {string} measure of layers
 * @returns {Float64Array}
 */
function valuesOf(frame, measure) {
  return /** @type {any} */ (frame)[measure];
}

/** @typedef {{seen: number, low: number, high: number}} Extent of so many frames */
/** @type {WeakMap<readonly Frame[], Record<string, Extent>>} */
const extents = new WeakMap();

/**
 * Return the smallest and the largest number that has a place among decades, or nothing; each frame is looked at once.
 *
 * @param {readonly Frame[]} frames a list that only grows
 * @param {string} measure
 */
function extentOf(frames, measure) {
  const known = extents.get(frames) ?? {};
  extents.set(frames, known);
  const extent = (known[measure] ??= { seen: 0, low: Infinity, high: 0 });
  for (; extent.seen < frames.length; extent.seen += 1) {
    const frame = frames[extent.seen];
    if (measure === "loss") widen(extent, Math.min(frame.loss, Number.MAX_VALUE)); // an infinite one reaches the top
    else valuesOf(frame, measure).forEach((value) => widen(extent, value));
  }
  return extent.high ? [extent.low, extent.high] : [];
}

/**
 * @param {Extent} extent
 * @param {number} value
 */
function widen(extent, value) {
  if (!(value >= SMALLEST && value < Infinity)) return;
  extent.low = Math.min(extent.low, value);
  extent.high = Math.max(extent.high, value);
}
