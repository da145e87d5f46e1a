/**
 * Which settings can be trained.
 *
 * @module
 */

import { BOUNDS, CHOICES, DEFAULTS } from "./types.js";

/** @type {Record<string, readonly string[]>} */
const choices = CHOICES;
/** @type {Record<string, {least: number, most: number, whole: boolean}>} */
const bounds = BOUNDS;
const OPTIONAL = ["clip_norm", "clip_value"];

/** Say whether a field may hold a value. @param {string} field @param {unknown} value */
export function allowed(field, value) {
  if (field in choices) return typeof value === "string" && choices[field].includes(value);
  if (field === "residual") return typeof value === "boolean";
  if (value === null) return OPTIONAL.includes(field);
  if (typeof value !== "number" || !(field in bounds)) return false;
  const { least, most, whole } = bounds[field];
  return least <= value && value <= most && (!whole || Number.isInteger(value));
}

/** Return the first field that is unknown, missing or out of bounds. @param {Record<string, unknown>} experiment @returns {string | undefined} */
export function faultyField(experiment) {
  const unknown = Object.keys(experiment).find((field) => !(field in DEFAULTS));
  return unknown ?? Object.keys(DEFAULTS).find((field) => !allowed(field, experiment[field]));
}
