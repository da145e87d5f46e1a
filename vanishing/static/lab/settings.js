/**
 * The settings of one network: native controls, and what they say when a value cannot be used.
 *
 * @module
 */
import { parse } from "./state.js";
import { choiceName, worded } from "./text.js";
import { BOUNDS, CHOICES } from "./types.js";

/** @typedef {import("./state.js").Network} Network */
/** @typedef {import("./words.js").Words} Words */

const WIDTHS = [16, 32, 64, 128];
const DEPTHS = { least: 2, most: 60 }; // what the slider offers; an address may ask for more

/**
 * Return the form that changes a network.
 *
 * @param {Network} network
 * @param {Words} words
 * @param {(network: Network) => void} change called with the network as it is to be
 * @param {(name: string, value: string) => string} refuse says why a value cannot be used
 */
export function settingsForm(network, words, change, refuse) {
  const form = document.createElement("div");
  form.className = "vg-lab-form";
  for (const [name, text] of Object.entries(words.fields)) {
    const row = document.createElement("label");
    const control = controlOf(name, network, words);
    control.name = name;
    control.setAttribute("autocomplete", "off");
    /** @type {any} */ (control).disabled = isIdle(name, network);
    row.append(text, " ", control);
    if (control.type === "range") row.insertBefore(readout(/** @type {HTMLInputElement} */ (control)), control);
    const refusal = refusalOf(control);
    control.addEventListener("input", () => refusal.tell(""));
    control.addEventListener("change", () => {
      const value = parse(name, textOf(control));
      if (value !== undefined) return void setTimeout(() => change({ ...network, [name]: value })); // when the focus has moved
      refusal.tell(refuse(name, textOf(control)));
      control.value = valueText(/** @type {any} */ (network)[name]);
    });
    form.append(row, refusal.place);
  }
  return form;
}

let refusals = 0;

/**
 * Make the place beside a control that says why what was typed is not used.
 *
 * @param {HTMLElement} control
 */
function refusalOf(control) {
  const place = document.createElement("p");
  place.className = "vg-lab-refusal";
  place.id = `vg-lab-refusal-${(refusals += 1)}`;
  place.setAttribute("role", "alert");
  const tell = (/** @type {string} */ sentence) => {
    place.textContent = sentence;
    control.toggleAttribute("aria-describedby", sentence !== "");
    if (sentence) control.setAttribute("aria-describedby", place.id);
    control.setAttribute("aria-invalid", String(sentence !== ""));
  };
  return { place, tell };
}

/**
 * Say whether a setting cannot matter as the others are.
 *
 * @param {string} name
 * @param {Network} network
 */
export function isIdle(name, { residual, optimizer }) {
  return (name === "branch" && !residual) || (name === "momentum" && optimizer === "adam");
}

/**
 * @param {string} name
 * @param {Network} network
 * @param {Words} words
 * @returns {HTMLInputElement | HTMLSelectElement}
 */
function controlOf(name, network, words) {
  const value = /** @type {any} */ (network)[name];
  const choices = /** @type {Record<string, string[]>} */ (CHOICES)[name];
  if (choices) return selectOf(choices, value, (choice) => words.choices[choice] ?? worded(choiceName(choice), words.kinds));
  if (name === "width") return selectOf(withValue(WIDTHS, value), value, String);
  const control = document.createElement("input");
  control.type = typeof value === "boolean" ? "checkbox" : name === "depth" ? "range" : "number";
  if (control.type === "checkbox") control.checked = value;
  else limit(control, name, value);
  if (value === null || name.startsWith("clip")) control.placeholder = words.labels.no_clipping;
  return control;
}

/**
 * @param {HTMLInputElement} control
 * @param {string} name
 * @param {number | null} value
 */
function limit(control, name, value) {
  const { least, most, whole } = /** @type {Record<string, {least: number, most: number, whole: boolean}>} */ (BOUNDS)[name];
  const offered = name === "depth" ? DEPTHS : { least, most };
  control.min = String(Math.min(offered.least, value ?? offered.least));
  control.max = String(Math.max(offered.most, value ?? offered.most));
  control.step = whole ? "1" : "any";
  control.value = valueText(value);
}

/**
 * @template {string | number} T
 * @param {readonly T[]} choices
 * @param {T} chosen
 * @param {(choice: T) => string} text
 */
function selectOf(choices, chosen, text) {
  const select = document.createElement("select");
  for (const choice of choices) select.add(new Option(text(choice), String(choice), false, choice === chosen));
  return select;
}

/**
 * @param {readonly number[]} values
 * @param {number} value
 */
function withValue(values, value) {
  return [...new Set([...values, value])].sort((one, other) => one - other);
}

/** @param {HTMLInputElement} control */
function readout(control) {
  const output = document.createElement("output");
  output.setAttribute("aria-live", "off");
  const show = () => (output.textContent = control.value);
  control.addEventListener("input", show);
  show();
  return output;
}

/** @param {HTMLInputElement | HTMLSelectElement} control */
function textOf(control) {
  if (control.type === "checkbox") return String(/** @type {HTMLInputElement} */ (control).checked);
  const text = control.value.trim();
  return text === "" && control.name.startsWith("clip") ? "none" : text;
}

/** @param {unknown} value */
function valueText(value) {
  return value === null ? "" : String(value);
}
