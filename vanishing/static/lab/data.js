/**
 * The scanned digits, as vanishing/data.py standardises them.
 *
 * @module
 */

import { PIXELS } from "./network.js";

/** @typedef {import("./typedefs.js").Digits} Digits */
/** @typedef {import("./typedefs.js").Scans} Scans */

/** @param {Scans} scans @returns {Digits} */
export function standardised({ pixels, labels, training }) {
  const raw = new Uint8Array(pixels.length);
  for (let at = 0; at < raw.length; at++) raw[at] = pixels.charCodeAt(at) - 97;
  const inputs = new Float32Array(raw.length);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const [mean, scale] = standard(raw, pixel, training);
    for (let at = pixel; at < raw.length; at += PIXELS) inputs[at] = (raw[at] - mean) * scale;
  }
  const targets = Uint8Array.from(labels, Number);
  return {
    train: { inputs: inputs.subarray(0, training * PIXELS), targets: targets.subarray(0, training) },
    test: { inputs: inputs.subarray(training * PIXELS), targets: targets.subarray(training) },
  };
}

/** Return the mean of a pixel and one over its deviation, or 0. @param {Uint8Array} raw @param {number} pixel @param {number} training @returns {[number, number]} */
function standard(raw, pixel, training) {
  let [sum, squares] = [0, 0];
  const end = training * PIXELS;
  for (let at = pixel; at < end; at += PIXELS) sum += raw[at];
  const mean = sum / training;
  for (let at = pixel; at < end; at += PIXELS) squares += (raw[at] - mean) ** 2;
  return [mean, squares > 0 ? 1 / Math.sqrt(squares / training) : 0];
}
