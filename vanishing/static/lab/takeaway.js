/**
 * What a reader takes away: a program in Python, a table of numbers, a page to embed.
 *
 * @module
 */
import { DEFAULTS } from "./types.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./state.js").Network} Network */

const LETTERS = ["a", "b", "c"];
const MARK = "\ufeff"; // by which a spreadsheet knows UTF-8

/**
 * Return a program that starts the same networks with PyTorch and trains them.
 *
 * @param {readonly Network[]} networks
 */
export function python(networks) {
  return networks.some(({ bit, optimizer }) => bit || optimizer === "adam") ? byHand(networks) : byTrain(networks);
}

/** @param {readonly Network[]} networks */
function byTrain(networks) {
  const named = networks.map((network, place) => `    "${LETTERS[place].toUpperCase()}": ${call(network)},`);
  return [
    "from vanishing import Experiment, figures, train",
    "",
    "networks = {",
    ...named,
    "}",
    "runs = [train(one) for one in networks.values()]",
    "figures.draw_runs(runs, names=list(networks))",
    "",
  ].join("\n");
}

/** @param {readonly Network[]} networks */
function byHand(networks) {
  return [
    "import torch",
    "from torch.nn.functional import cross_entropy",
    "",
    "from vanishing import Experiment, build_network, gradient_profile, load_digits",
    "",
    "digits = load_digits()",
    "inputs, targets = digits.train_inputs, digits.train_targets",
    ...networks.flatMap((network, place) => ["", ...loop(network, LETTERS[place])]),
    "",
  ].join("\n");
}

/**
 * @param {Network} network
 * @param {string} name
 */
function loop(network, name) {
  const { batch_size: size, epochs, seed, clip_norm, clip_value } = network;
  const whole = 1500 - (1500 % size);
  const second = network.depth > 1 ? "2" : "output";
  const clip = (/** @type {string} */ kind, /** @type {number | null} */ bound) =>
    bound === null ? [] : [`        torch.nn.utils.clip_grad_${kind}_(${name}.parameters(), ${bound})`];
  return [
    `${name} = build_network(${call(network)})`,
    ...(network.bit ? [`${name}.get_submodule("${second}").weight.data.view(torch.int32)[0, 0] ^= 1`] : []),
    `print(gradient_profile(${name}, inputs, targets).weight_norms)`,
    `optimizer = torch.optim.${optimizer(network, name)}`,
    `random = torch.Generator().manual_seed(${seed})`,
    `for epoch in range(${epochs}):`,
    `    for batch in torch.randperm(1500, generator=random)[:${whole}].split(${size}):`,
    "        optimizer.zero_grad()",
    `        cross_entropy(${name}(inputs[batch]), targets[batch]).backward()`,
    ...clip("norm", clip_norm),
    ...clip("value", clip_value),
    "        optimizer.step()",
    `print(gradient_profile(${name}, inputs, targets).weight_norms)`,
  ];
}

/**
 * @param {Network} network
 * @param {string} name
 */
function optimizer({ optimizer, learning_rate, momentum }, name) {
  if (optimizer === "adam") return `Adam(${name}.parameters(), lr=${learning_rate})`;
  return `SGD(${name}.parameters(), lr=${learning_rate}, momentum=${momentum})`;
}

/** @param {Network} network */
function call({ bit: _bit, optimizer: _optimizer, ...fields }) {
  const always = ["learning_rate", "epochs"]; // Python has no default for them
  const given = Object.entries(fields).filter(
    ([name, value]) => always.includes(name) || value !== /** @type {any} */ (DEFAULTS)[name],
  );
  return `Experiment(${given.map(([name, value]) => `${name}=${literal(value)}`).join(", ")})`;
}

/** @param {unknown} value */
function literal(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : JSON.stringify(value);
}

/**
 * Return all recorded numbers as CSV: a row per network, step and layer.
 *
 * @param {readonly string[]} names
 * @param {readonly (readonly Frame[])[]} recorded
 */
export function csv(names, recorded) {
  const head = "network,step,loss,accuracy,layer,gradient_norm,update_ratio,signal_norm,dead,saturated,similarity";
  const rows = names.flatMap((name, place) => recorded[place].flatMap((frame) => rowsOf(name, frame)));
  return MARK + [head, ...rows, ""].join("\r\n");
}

/**
 * @param {string} name
 * @param {Frame} frame
 */
function rowsOf(name, frame) {
  const { step, loss, accuracy, gradient_norms, update_ratios, signal_norms, dead, saturated, similarities } = frame;
  const first = [`"${name.replaceAll('"', '""')}"`, step, loss, accuracy];
  return Array.from(gradient_norms, (norm, layer) => {
    const hidden = [signal_norms, dead, saturated, similarities].map((list) => list[layer] ?? "");
    const named = layer < signal_norms.length ? layer + 1 : "output";
    return [...first, named, norm, update_ratios[layer], ...hidden].join(",");
  });
}

/**
 * Return the HTML that shows a page inside another one.
 *
 * @param {string} address
 * @param {string} title
 */
export function embedding(address, title) {
  const escaped = (/** @type {string} */ text) =>
    text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<iframe src="${escaped(address)}" title="${escaped(title)}" width="800" height="900"></iframe>`;
}
