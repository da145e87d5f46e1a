/**
 * Numbers, names and sentences as the book writes them. The sentences themselves come from the page.
 *
 * @module
 */

/** @typedef {import("./state.js").Network} Network */

const FIELD = /\{(\w+)\}/g;
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @type {Record<string, string>} */
const NAMES = {
  relu: "ReLU",
  leaky_relu: "Leaky ReLU",
  elu: "ELU",
  selu: "SELU",
  gelu: "GELU",
  silu: "SiLU",
  identity: "linear",
  batch: "BatchNorm",
  layer: "LayerNorm",
  rms: "RMSNorm",
  rezero: "ReZero",
  default: "PyTorch init",
  xavier: "Xavier init",
  he: "He init",
  orthogonal: "orthogonal init",
  sgd: "SGD",
  adam: "Adam",
};
const STARTED_BY_HE = ["relu", "leaky_relu", "elu", "gelu", "silu"];

/**
 * Write a number with two digits, as `vanishing.localisation.format_number` does.
 *
 * @param {number} value
 * @returns {string}
 */
export function formatNumber(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e5) return String(value + 0);
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1).replace("e+", "e");
  return size < 100 ? String(Number(value.toPrecision(2))) : value.toFixed(0);
}

/**
 * Write a power of ten: 10⁻⁸, 10, 1.
 *
 * @param {number} exponent
 */
export function powerOfTen(exponent) {
  if (exponent === 0 || exponent === 1) return exponent ? "10" : "1";
  const digits = [...String(exponent)].map((digit) => (digit === "-" ? "⁻" : SUPERSCRIPTS[Number(digit)]));
  return `10${digits.join("")}`;
}

/**
 * Fill the `{name}` fields of a sentence. Where the page runs from right to left, a value that is more than
 * digits is isolated, so that it keeps its own order.
 *
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 * @param {string} direction "ltr" or "rtl"
 */
export function fill(sentence, values, direction = "ltr") {
  return sentence.replace(FIELD, (field, name) => {
    const value = name in values ? String(values[name]) : field;
    return direction === "ltr" || /^[\d.]+$/.test(value) ? value : `\u2068${value}\u2069`;
  });
}

/**
 * Name a kind of network, the same in every language, as `Experiment.label` does; Adam is named too.
 *
 * @param {Omit<Network, "bit">} network
 */
export function label(network) {
  const { activation, residual, normalization, branch, init, optimizer } = network;
  const parts = residual && normalization === "batch" && activation === "relu" ? ["ResNet"] : plainParts(network);
  if (residual && branch !== "sum") parts.push(NAMES[branch] ?? branch);
  if (init !== (STARTED_BY_HE.includes(activation) ? "he" : "default")) parts.push(NAMES[init]);
  if (optimizer === "adam") parts.push(NAMES[optimizer]);
  return parts.join(" + ");
}

/**
 * Say a kind of network, or one of the values of a field, in the reader's language, as Python's `worded` does.
 *
 * @param {string} name
 * @param {Record<string, string>} kinds the words of whole names, and of their parts
 */
export function worded(name, kinds) {
  return kinds[name] ?? name.split(" + ").map((part) => kinds[part] ?? part).join(" + ");
}

/** @param {Omit<Network, "bit">} network */
function plainParts({ activation, residual, normalization }) {
  const parts = [choiceName(activation)];
  if (residual) parts.push("skip");
  if (normalization !== "none") parts.push(NAMES[normalization]);
  return parts;
}

/**
 * Name one of the values of a field as the field's literature does.
 *
 * @param {string} value
 */
export function choiceName(value) {
  return NAMES[value] ?? value;
}
