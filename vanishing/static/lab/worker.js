/**
 * The worker: new Worker(url, {type: "module"}). It speaks as types.js says.
 *
 * @module
 */

import { Service } from "./service.js";

const service = new Service(
  (answer, moved) => postMessage(answer, { transfer: moved }),
  async () => await import(new URL("digits.js", import.meta.url).href),
);

addEventListener("message", (event) => service.take(event.data));
