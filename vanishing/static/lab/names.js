/**
 * What networks are called beside each other: their kinds, and the settings that set them apart.
 *
 * @module
 */
import { isIdle } from "./settings.js";
import { LETTERS } from "./state.js";
import { label, worded } from "./text.js";
import { BOUNDS } from "./types.js";
import { say } from "./words.js";

/** @typedef {import("./state.js").Network} Network */
/** @typedef {import("./words.js").Words} Words */

const CLIPPING = /** @type {const} */ (["clip_norm", "clip_value"]);

/**
 * @param {readonly Network[]} networks
 * @param {Words} words
 */
export function kindsOf(networks, words) {
  return networks.map((network, place) => `${letterOf(place)} ${worded(label(network), words.kinds)}`);
}

/**
 * Name the networks by their kinds, and by their settings where nothing else tells those of a kind apart; and once
 * more in short, without a kind that all of them have.
 *
 * @param {readonly Network[]} networks
 * @param {Words} words
 * @returns {{names: string[], short: string[]}}
 */
export function namesOf(networks, words) {
  const labels = networks.map(label);
  const apart = networks.map((network, place) => {
    const isAlone = labels.indexOf(labels[place]) === labels.lastIndexOf(labels[place]);
    return isAlone ? [] : differences(network, networks, words);
  });
  const mark = words.direction === "rtl" ? "\u200f" : ""; // numbers behind Latin letters would turn the line
  const names = kindsOf(networks, words).map((kind, place) => kind + apart[place].map((one) => `${mark} · ${one}`).join(""));
  const areAlike = labels.length > 1 && labels.every((one) => one === labels[0]);
  const short = apart.map((settings, place) => `${letterOf(place)}${mark} ${settings.join(" · ")}`);
  return { names, short: names.map((name, place) => (areAlike && apart[place].length ? short[place] : name)) };
}

/**
 * Write the settings of a network in which others differ and that its kind does not hold: only those that are set
 * and that matter.
 *
 * @param {Network} network
 * @param {readonly Network[]} networks
 * @param {Words} words
 * @returns {string[]}
 */
export function differences(network, networks, words) {
  const { fields, labels } = words;
  const values = (/** @type {Network} */ one) => /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (one));
  const written = Object.entries(network)
    .filter(([name, value]) => name in BOUNDS && value !== null && !isIdle(name, network))
    .filter(([name, value]) => networks.some((other) => values(other)[name] !== value))
    .map(([name, value]) => say(words, "notices", "setting", { setting: fields[name], value: String(value) }));
  const clips = (/** @type {Network} */ one) => CLIPPING.some((name) => one[name] !== null);
  const unclipped = !clips(network) && networks.some(clips) ? [labels.no_clipping] : [];
  return [...written, ...unclipped, ...(network.bit ? [fields.bit] : [])];
}

/** @param {number} place */
function letterOf(place) {
  return LETTERS[place].toUpperCase();
}
