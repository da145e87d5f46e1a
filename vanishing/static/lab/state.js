/**
 * What the page shows, and how it stands in the address.
 *
 * `#v=1&a=activation:sigmoid,depth:20&b=…&show=similarities&at=50&play=1&view=projector`: networks as
 * types.js says, with `bit:true` where the last bit of one initial weight is changed; the measure that the
 * chart by layer shows; the step to go to; whether it plays from the start; the view without settings.
 *
 * @module
 */
import { BOUNDS, CHOICES, DEFAULTS } from "./types.js";

/** @typedef {import("./types.js").Experiment} Experiment */
/** @typedef {Experiment & {bit: boolean}} Network */

/**
 * @typedef {object} State
 * @property {Network[]} networks one to three
 * @property {string} show one of MEASURES
 * @property {number} at
 * @property {boolean} play
 * @property {string} view one of VIEWS
 */

/**
 * A part of an address that is not used: where it stands, and what is taken in its place, if anything.
 *
 * @typedef {{letter: string, name: string, value: string, used: string | null}} Problem
 */

export const VERSION = "1";
export const LETTERS = Object.freeze(["a", "b", "c"]);
export const VIEWS = Object.freeze(["page", "projector", "embed"]);
export const MEASURES = Object.freeze([
  "gradient_norms",
  "update_ratios",
  "similarities",
  "signal_norms",
  "dead",
  "saturated",
]);
export const MOST_STEPS = 100_000;

/** @type {Readonly<Network>} */
const NETWORK = Object.freeze({ ...DEFAULTS, bit: false });
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * Say whether the end of an address is a state, and no place on the page.
 *
 * @param {string} hash
 */
export function isState(hash) {
  return parts(hash.replace(/^#/, ""), "&", "=").some(([name]) => name === "v");
}

/**
 * Read an address. Without a network in it, `networks` is empty; what is wrong is replaced and told.
 *
 * @param {string} hash with its `#`, or empty
 * @returns {{state: State, problems: Problem[]}}
 */
export function read(hash) {
  const given = parts(hash.replace(/^#/, ""), "&", "=");
  /** @type {Problem[]} */
  const problems = [];
  /** @type {State} */
  const state = { networks: [], show: MEASURES[0], at: 0, play: false, view: VIEWS[0] };
  if (!isState(hash)) return { state, problems };
  const take = (/** @type {string} */ name, /** @type {string} */ value) =>
    LETTERS.includes(name) ? value : takeSetting(state, name, value);
  problems.push(...settle(given, "", take));
  const last = new Map(given);
  for (const letter of LETTERS) {
    const text = last.get(letter);
    if (text !== undefined) state.networks.push(readNetwork(text, letter, problems));
  }
  return { state, problems };
}

/**
 * Take the last part of each name; tell which parts are not used.
 *
 * @param {[string, string][]} given
 * @param {string} letter
 * @param {(name: string, value: string) => string | null} take returns what holds then, or null for an unknown name
 * @returns {Problem[]}
 */
function settle(given, letter, take) {
  const used = new Map(Array.from(new Map(given), ([name, value]) => [name, take(name, value)]));
  const different = new Map(given.map((part) => [JSON.stringify(part), part]));
  return Array.from(different.values(), ([name, value]) => ({ letter, name, value, used: used.get(name) ?? null })).filter(
    ({ value, used }) => value !== used,
  );
}

/**
 * Take one setting of the page; return the value that holds now, or null for an unknown name.
 *
 * @param {State} state
 * @param {string} name
 * @param {string} value
 * @returns {string | null}
 */
function takeSetting(state, name, value) {
  if (name === "v") return VERSION;
  if (name === "show") return (state.show = MEASURES.includes(value) ? value : state.show);
  if (name === "view") return (state.view = VIEWS.includes(value) ? value : state.view);
  if (name === "play") return (state.play = value === "1") ? "1" : "0";
  if (name !== "at") return null;
  const whole = /^\d{1,9}$/.test(value);
  state.at = whole ? Math.min(Number(value), MOST_STEPS) : 0;
  return String(state.at);
}

/**
 * @param {string} text
 * @param {string} letter
 * @param {Problem[]} problems
 * @returns {Network}
 */
function readNetwork(text, letter, problems) {
  /** @type {any} */
  const network = { ...NETWORK };
  const take = (/** @type {string} */ name, /** @type {string} */ value) => {
    if (!Object.hasOwn(NETWORK, name)) return null;
    const read = parse(name, value);
    if (read === undefined) return shown(network[name]);
    network[name] = read;
    return value;
  };
  problems.push(...settle(parts(text, ",", ":"), letter, take));
  return network;
}

/**
 * Return the value that a text stands for, or undefined where it is not one that the field may have.
 *
 * @param {string} name a field
 * @param {string} text
 * @returns {unknown}
 */
export function parse(name, text) {
  const choices = /** @type {Record<string, string[]>} */ (CHOICES)[name];
  if (choices) return choices.includes(text) ? text : undefined;
  const bound = /** @type {Record<string, {least: number, most: number, whole: boolean}>} */ (BOUNDS)[name];
  if (!bound) return text === "true" || (text === "false" ? false : undefined);
  if (text === "none" && /** @type {any} */ (NETWORK)[name] === null) return null;
  const value = NUMBER.test(text) ? Number(text) : NaN;
  const fits = value >= bound.least && value <= bound.most && (!bound.whole || Number.isInteger(value));
  return fits ? value : undefined;
}

/**
 * Write the address of a state, with its `#`: only what differs from the defaults.
 *
 * @param {State} state
 */
export function write(state) {
  const parts = [`v=${VERSION}`];
  state.networks.forEach((network, place) => parts.push(`${LETTERS[place]}=${writeNetwork(network)}`));
  if (state.show !== MEASURES[0]) parts.push(`show=${state.show}`);
  if (state.at > 0) parts.push(`at=${state.at}`);
  if (state.play) parts.push("play=1");
  if (state.view !== VIEWS[0]) parts.push(`view=${state.view}`);
  return `#${parts.join("&")}`;
}

/**
 * @param {Network} network
 * @returns {string}
 */
export function writeNetwork(network) {
  return Object.entries(network)
    .filter(([name, value]) => value !== /** @type {any} */ (NETWORK)[name])
    .map(([name, value]) => `${name}:${shown(value)}`)
    .join(",");
}

/**
 * Say whether two states have the same networks: with the same random seeds, or all of them as much further.
 *
 * @param {State} one
 * @param {State} other
 */
export function isSame(one, other) {
  const written = [one, other].map(({ networks }) => {
    const first = networks[0]?.seed ?? 0;
    return networks.map((network) => writeNetwork(withSeed(network, network.seed - first))).join(" ");
  });
  return written[0] === written[1];
}

/**
 * Give a network another random seed, counted on from 0 behind the last one.
 *
 * @param {Network} network
 * @param {number} seed
 * @returns {Network}
 */
export function withSeed(network, seed) {
  const all = BOUNDS.seed.most + 1;
  return { ...network, seed: (seed + all) % all };
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function shown(value) {
  return value === null ? "none" : String(value);
}

/**
 * Split "a=1&b=2" into pairs; what has no value has an empty one, and empty parts are left out.
 *
 * @param {string} text
 * @param {string} between
 * @param {string} inside
 * @returns {[string, string][]}
 */
function parts(text, between, inside) {
  return text
    .split(between)
    .filter((part) => part !== "")
    .map((part) => {
      const [name, ...value] = part.split(inside);
      return [decoded(name), decoded(value.join(inside))];
    });
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign
  }
}
