/**
 * The words that the page brings, in the reader's language.
 *
 * @module
 */
import { fill } from "./text.js";

/**
 * @typedef {object} Words
 * @property {string} direction "ltr" or "rtl"
 * @property {Record<string, string>} fields
 * @property {Record<string, string>} choices
 * @property {Record<string, string>} kinds names of networks, and parts of them, that the language says otherwise
 * @property {Record<string, string>} measures
 * @property {Record<string, string>} buttons
 * @property {Record<string, string>} labels
 * @property {Record<string, string>} sentences
 * @property {Record<string, string>} notices
 * @property {{key: string, hint: string, address: string, covered: boolean}[]} experiments
 */

/**
 * @param {Element} root the laboratory
 * @returns {Words}
 */
export function wordsOf(root) {
  return JSON.parse(root.querySelector("script[type='application/json']")?.textContent ?? "{}");
}

/**
 * Fill a sentence of the page.
 *
 * @param {Words} words
 * @param {"sentences" | "notices"} kind
 * @param {string} key
 * @param {Record<string, string | number>} values
 */
export function say(words, kind, key, values) {
  return fill(words[kind][key], values, words.direction);
}
