/**
 * What is shown of one network beside the charts: its sentence, heat map and settings; one of its layers.
 *
 * @module
 */
import { colour, element, HeatMap, histogramPath, marker } from "./charts.js";
import { settingsForm } from "./settings.js";
import { formatNumber } from "./text.js";
import { BINS } from "./types.js";
import { say } from "./words.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./state.js").Network} Network */
/** @typedef {import("./words.js").Words} Words */

const HEIGHT = 24; // of a histogram, whose width is its number of bins

/**
 * @typedef {object} Actions
 * @property {(place: number, network: Network) => void} change
 * @property {(place: number, name: string, value: string) => string} refuse says why
 * @property {(place: number) => void} remove
 * @property {(place: number) => void} copy settings to the other networks
 * @property {(layer: number) => void} pick
 */

export class Card {
  /**
   * @param {number} place
   * @param {Network} network
   * @param {string} name
   * @param {string} differences what else sets it apart from the other networks
   * @param {Words} words
   * @param {Actions} actions
   */
  constructor(place, network, name, differences, words, actions) {
    this.place = place;
    this.name = name;
    this.words = words;
    this.root = make("div", "vg-lab-card", { role: "group", "aria-labelledby": `vg-lab-name-${place}` });
    const title = make("p", "vg-lab-name", { id: `vg-lab-name-${place}` });
    title.append(swatch(place), make("bdi", "", { dir: words.direction }, name));
    this.sentence = make("p", "vg-lab-sentence");
    this.canvas = make("canvas", "");
    this.map = new HeatMap(this.canvas, network.depth, BINS, place);
    this.canvas.addEventListener("click", (event) => actions.pick(this.#layerAt(event)));
    this.drawn = 0; // when
    this.low = make("bdi");
    this.high = make("bdi");
    const map = make("div", "vg-lab-map");
    map.append(this.high, this.canvas, this.low);
    const apart = make("p", "vg-lab-note", {}, differences);
    this.root.append(title, apart, this.sentence, map, settings(place, network, words, actions));
    this.layer = new LayerPanel(place, name, words);
  }

  /**
   * @param {Frame} frame
   * @param {[number, number]} range
   * @param {number} pause milliseconds that the last drawing is to be old
   */
  draw(frame, range, pause) {
    const now = performance.now();
    if (now - this.drawn < pause) return;
    this.drawn = now;
    this.map.draw(frame.histograms);
    const [low, high] = range.map(formatNumber);
    setText(this.low, low);
    setText(this.high, high);
  }

  /** @param {string} sentence */
  say(sentence) {
    setText(this.sentence, sentence);
  }

  /** @param {[number, number]} range */
  describe([low, high]) {
    const values = { network: this.name, low: formatNumber(low), high: formatNumber(high) };
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", say(this.words, "notices", "heat_map", values));
  }

  /** @param {MouseEvent} event */
  #layerAt(event) {
    return 1 + Math.floor((event.offsetX / this.canvas.clientWidth) * this.canvas.width);
  }
}

/** One layer of a network: its histogram and its numbers. */
class LayerPanel {
  /**
   * @param {number} place
   * @param {string} name
   * @param {Words} words
   */
  constructor(place, name, words) {
    this.name = name;
    this.words = words;
    this.root = make("div", "vg-lab-card");
    const title = make("p", "vg-lab-name");
    title.append(swatch(place), make("bdi", "", { dir: words.direction }, name));
    this.note = make("p");
    this.svg = element("svg", { viewBox: `0 0 ${BINS} ${HEIGHT}`, preserveAspectRatio: "none" });
    this.path = this.svg.appendChild(element("path", { style: `fill:${colour(place)}` }));
    this.list = make("dl");
    /** @type {Record<string, HTMLElement>} */
    this.values = {};
    for (const [measure, text] of Object.entries(words.measures)) {
      this.values[measure] = make("dd");
      this.list.append(make("dt", "", {}, text), this.values[measure]);
    }
    this.root.append(title, this.note, this.svg, this.list);
  }

  /**
   * @param {Frame} frame
   * @param {[number, number]} range
   * @param {number} layer
   */
  draw(frame, range, layer) {
    if (!this.root.closest("[open]")) return;
    const hidden = layer <= frame.signal_norms.length;
    setText(this.note, hidden ? "" : say(this.words, "notices", "no_outputs", { layer }));
    this.note.hidden = hidden;
    this.svg.toggleAttribute("hidden", !hidden);
    const counts = frame.histograms.subarray((layer - 1) * BINS, layer * BINS);
    this.path.setAttribute("d", histogramPath(counts, HEIGHT));
    const [low, high] = range.map(formatNumber);
    const label = say(this.words, "notices", "histogram", { network: this.name, layer, low, high });
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", label);
    for (const [measure, node] of Object.entries(this.values)) {
      const value = /** @type {any} */ (frame)[measure][layer - 1];
      setText(node, value === undefined ? "–" : formatNumber(value));
    }
  }
}

/**
 * @param {number} place
 * @param {Network} network
 * @param {Words} words
 * @param {Actions} actions
 */
function settings(place, network, words, actions) {
  const details = make("details", "vg-lab-settings");
  const form = settingsForm(
    network,
    words,
    (changed) => actions.change(place, changed),
    (name, value) => actions.refuse(place, name, value),
  );
  const copy = button(words.buttons.copy_to_all, () => actions.copy(place));
  copy.dataset.do = "copy";
  const remove = button(words.buttons.remove, () => actions.remove(place));
  remove.dataset.do = "remove";
  details.append(make("summary", "", {}, words.labels.settings), form, copy, remove);
  return details;
}

/**
 * @param {string} text
 * @param {() => void} press
 */
function button(text, press) {
  const node = make("button", "", { type: "button" }, text);
  node.addEventListener("click", press);
  return node;
}

/** @param {number} place */
function swatch(place) {
  const svg = element("svg", { viewBox: "0 0 16 12", width: "16", height: "12", "aria-hidden": "true" });
  svg.append(element("path", { d: marker(place, 8, 6), style: `fill:${colour(place)}` }));
  return svg;
}

/**
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [name] its class
 * @param {Record<string, string>} [attributes]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, name = "", attributes = {}, text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
}
