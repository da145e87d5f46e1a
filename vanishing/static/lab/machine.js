/**
 * Chooses what the browser can run.
 *
 * @module
 */

import { emitted, emittedMachine } from "./emit.js";
import { plainKernels } from "./plain.js";

/** @typedef {import("./typedefs.js").MakeMachine} MakeMachine */

/** @type {MakeMachine} */
export function plainMachine(bytes) {
  const memory = { buffer: new ArrayBuffer(bytes) };
  return { memory, kernels: plainKernels(memory) };
}

/** Say whether this browser runs WebAssembly with SIMD. */
export function hasSimd() {
  return typeof WebAssembly === "object" && WebAssembly.validate(emitted());
}

/** @param {"emitted" | "plain"} kernels */
export const machine = (kernels) => (kernels === "emitted" ? emittedMachine : plainMachine);
