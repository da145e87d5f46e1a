/**
 * Charts by hand: line charts as inline SVG, heat maps on a canvas, histograms.
 *
 * One SVG unit is one pixel of the page. Colours, dashes and markers are those of the book's figures.
 *
 * @module
 */
import { formatNumber, powerOfTen } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 52;
const RIGHT = 14;
const TOP = 30;
const BOTTOM = 47;
const UNTITLED = 29; // the same without words below the numbers
const ROW = 20;
const [LETTER, IDEOGRAPH] = [0.57, 1.04]; // of the letters' size, on the safe side
const TEXT = 13; // pixels, where the page's style does not say another size
const DASHES = ["", "8 3", "2.5 3"];
const BEYOND = 8; // pixels from the axes' edge, outward, to the mark of a value that has no place on them
const APART = 9; // pixels between two such marks, at least
const ROUNDING = 1e-6; // of a linear axis: so much beyond its end a value is at its end
const PAINTS = { now: ["", "2.25"], pale: ["opacity:.35", "1.5"], later: ["opacity:.5", "1"] };
export const SMALLEST = 1e-40;
const LARGEST = 1e10;
const OPACITY = Uint8ClampedArray.from({ length: 256 }, (_, share) => share && 40 + 215 * Math.sqrt(share / 255));

/**
 * One line: its network's place (0, 1, 2), and so many points. What comes from the same source has the same
 * points, to which others may have been added.
 *
 * @typedef {object} Line
 * @property {number} place
 * @property {object} source
 * @property {number} count
 * @property {(n: number) => number} x
 * @property {(n: number) => number} y
 * @property {"now" | "pale" | "later"} paint
 * @property {boolean} [markers]
 */

/**
 * @typedef {object} View
 * @property {Line[]} lines
 * @property {string[][]} legends the names of the networks, and shorter ones for a narrow chart
 * @property {{low: number, high: number, text: string}} x
 * @property {{low: number, high: number, text: string, log: boolean}} y
 * @property {{text: string, value: number}[]} marks dotted horizontal lines
 * @property {number} [guide] position of a vertical line
 * @property {string} [notice] what stands in the middle where there is nothing to draw
 * @property {() => string} label for a screen reader
 */

/**
 * A mark beside the axes, at a position from left to right.
 *
 * @typedef {{kind: string, x: number, place: number}} Outside
 */

/**
 * What was drawn of a line, but for its last point, whose mark depends on the next one.
 *
 * @typedef {object} Begun
 * @property {string} frame
 * @property {object | null} source
 * @property {boolean | undefined} markers
 * @property {number} count
 * @property {string} path
 * @property {string} marks
 * @property {Outside[]} outside
 * @property {boolean} joined
 */

export class LineChart {
  /**
   * @param {HTMLElement} host whose style says how high the chart is
   * @param {string} direction of the words, "ltr" or "rtl"
   * @param {(x: number) => void} [pick] called with the position that is clicked
   */
  constructor(host, direction, pick) {
    this.host = host;
    this.height = 0;
    this.size = TEXT;
    this.measured = "?"; // the names for which the chart was measured
    this.top = TOP;
    this.bottom = BOTTOM;
    /** @type {LegendRow[]} */
    this.legend = [];
    this.direction = direction;
    this.width = 0;
    this.frame = "";
    /** @type {Begun[]} */
    this.begun = [];
    /** @type {View | null} */
    this.view = null;
    this.svg = element("svg", { fill: "currentColor", "stroke-linejoin": "round" });
    this.axes = this.svg.appendChild(element("g", {}));
    this.guide = this.svg.appendChild(element("path", { class: "vg-lab-guide", fill: "none" }));
    this.curves = this.svg.appendChild(element("g", { fill: "none" }));
    this.notice = document.createElement("p");
    this.notice.dir = direction;
    host.append(this.svg, this.notice);
    if (pick) this.svg.addEventListener("click", (event) => pick(this.#position(event)));
    new ResizeObserver(() => this.#resized()).observe(host);
  }

  /** @param {View} view */
  draw(view) {
    this.view = view;
    if (view.legends.join() !== this.measured) this.#measure(view.legends);
    if (this.notice.textContent !== (view.notice ?? "")) this.notice.textContent = view.notice ?? "";
    this.#drawAxes(view);
    this.#drawGuide(view);
    const drawn = view.lines.map((line, number) => this.#paths(view, line, number));
    const beside = this.#outside(drawn.flatMap(({ outside }) => outside));
    view.lines.forEach((line, number) => this.#drawLine(line, number, drawn[number], line.paint === "now" ? beside : []));
    while (this.curves.childElementCount > 2 * view.lines.length) this.curves.lastElementChild?.remove();
  }

  /** Ask how large the chart is, which costs a layout. @param {string[][]} legends */
  #measure(legends) {
    this.measured = legends.join();
    this.width = Math.max(240, Math.floor(this.host.clientWidth) || 640);
    const style = getComputedStyle(this.host);
    this.size = parseFloat(style.getPropertyValue("--vg-lab-text")) || TEXT;
    this.bottom = style.getPropertyValue("--vg-lab-untitled") ? UNTITLED : BOTTOM;
    this.legend = legendRows(legends, this.width, this.size);
    const rows = this.legend.length;
    this.host.style.setProperty("--vg-lab-rows", String(Math.max(0, rows - 1))); // the legend's further rows make it higher
    this.height = Math.max(120, Math.floor(this.host.clientHeight) || 220);
    this.top = TOP + ROW * rows;
  }

  #resized() {
    this.measured = "?";
    if (this.view) this.draw(this.view);
  }

  /** Let a screen reader say what is drawn. */
  describe() {
    put(this.svg, "role", "img");
    put(this.svg, "aria-label", this.view?.label() ?? "");
  }

  /** Return the chart as a file of its own, in the colours that the page has now. */
  file() {
    const styles = getComputedStyle(this.host);
    const copy = /** @type {SVGElement} */ (this.svg.cloneNode(true));
    copy.setAttribute("xmlns", SVG);
    copy.setAttribute("width", String(this.width));
    copy.setAttribute("height", String(this.height));
    const ground = getComputedStyle(document.body).backgroundColor;
    copy.setAttribute("style", `color:${styles.color};background:${ground};font-family:sans-serif`);
    const text = new XMLSerializer().serializeToString(copy);
    return text.replace(/var\((--[\w-]+)\)/g, (_all, name) => styles.getPropertyValue(name).trim());
  }

  /** @param {View} view */
  #drawAxes(view) {
    const frame = JSON.stringify([this.width, this.height, this.size, view.legends, view.x, view.y, view.marks]);
    if (frame === this.frame) return;
    this.frame = frame;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    const { width, height } = this;
    const floor = height - this.bottom;
    const right = width - RIGHT;
    const parts = ticks(view.y, Math.max(2, Math.floor((floor - this.top) / 34))).flatMap((value) => [
      element("path", { d: `M${LEFT} ${this.#y(view, value)}H${right}`, stroke: "currentColor", "stroke-opacity": "0.2" }),
      this.#text(tickText(view.y, value), LEFT - 6, this.#y(view, value) + 4, "end"),
    ]);
    for (const value of steps(view.x.low, view.x.high, Math.max(3, Math.floor(width / 70)))) {
      parts.push(this.#text(String(value), this.#x(view, value), floor + 23, "middle"));
    }
    parts.push(element("path", { d: `M${LEFT} ${this.top}V${floor}H${right}`, fill: "none", stroke: "currentColor" }));
    parts.push(this.#words(view.y.text, 2, this.top - 16, "start"));
    if (this.bottom === BOTTOM) parts.push(this.#words(view.x.text, right, height - 6, "end"));
    for (const { text, value } of view.marks) {
      const d = `M${LEFT} ${this.#y(view, value)}H${right}`;
      parts.push(element("path", { d, stroke: "currentColor", "stroke-dasharray": "1 3", "stroke-width": "1.5" }));
      parts.push(this.#words(text, right, this.#y(view, value) - 6, "end"));
    }
    this.axes.replaceChildren(...parts, ...this.#legend());
  }

  #legend() {
    return this.legend.flatMap((row, line) =>
      row.flatMap(({ place, part, x, isFirst }) => {
        const y = 12 + ROW * line;
        const text = this.#words(part, x + 36, y + 4, "start");
        if (!isFirst) return [text];
        const style = `stroke:${colour(place)};fill:none`;
        return [
          element("path", { d: `M${x} ${y}h30`, style, "stroke-width": "2.5", "stroke-dasharray": DASHES[place] }),
          element("path", { d: marker(place, x + 15, y), style: `fill:${colour(place)}` }),
          text,
        ];
      }),
    );
  }

  /** @param {View} view */
  #drawGuide(view) {
    const here = view.guide ?? NaN;
    const shown = here >= view.x.low && here <= view.x.high;
    const d = shown ? `M${this.#x(view, here)} ${this.top}V${this.height - this.bottom}` : "";
    put(this.guide, "d", d);
  }

  /**
   * @param {Line} line
   * @param {number} number
   * @param {Begun} drawn
   * @param {Outside[]} beside the axes
   */
  #drawLine({ place, paint }, number, { path, marks }, beside) {
    const [curve, points] = [this.#child(2 * number), this.#child(2 * number + 1)];
    const [style, width] = PAINTS[paint];
    put(curve, "style", `stroke:${colour(place)};${style}`);
    put(curve, "stroke-width", width);
    put(curve, "stroke-dasharray", DASHES[place]);
    put(points, "style", `fill:${colour(place)};stroke:${colour(place)};${style}`);
    put(curve, "d", path);
    put(points, "d", marks + beside.map((one) => (one.place === place ? this.#special(one) : "")).join(""));
  }

  /**
   * Return the line itself, broken where a value has no place on the axes, the marks on it and those beside the axes.
   *
   * @param {View} view
   * @param {Line} line
   * @param {number} number
   * @returns {Begun}
   */
  #paths(view, line, number) {
    const { place, paint, markers } = line;
    const begun = this.#begin(line, number);
    let { path, marks, joined, outside } = begun;
    const every = Math.ceil(line.count / 12);
    for (let n = begun.count; n < line.count; n += 1) {
      if (n === line.count - 1) Object.assign(begun, { count: n, path, marks, joined, outside });
      const x = this.#x(view, line.x(n));
      const value = line.y(n);
      const kind = kindOf(view.y, value);
      if (kind === "") {
        const y = this.#y(view, value);
        path += `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
        const isolated = !joined && kindOf(view.y, n + 1 < line.count ? line.y(n + 1) : NaN) !== "";
        if (markers ? n % every === 0 : isolated) marks += marker(place, x, y);
      } else if (paint === "now" && (markers || joined || n === 0)) outside = [...outside, { kind, x, place }];
      joined = kind === "";
    }
    return { ...begun, path, marks, outside };
  }

  /**
   * Return what can be drawn further: a line that only became longer is not written anew, which would be most of
   * what is thrown away while it plays.
   *
   * @param {Line} line
   * @param {number} number
   */
  #begin({ source, markers, count }, number) {
    const { frame } = this;
    const old = this.begun[number];
    const goesOn = old?.source === source && old.frame === frame && old.markers === markers && old.count < count;
    if (goesOn && !markers) return old;
    return (this.begun[number] = { frame, source, markers, count: 0, path: "", marks: "", outside: [], joined: false });
  }

  /**
   * Give marks beside the axes a place each, so that none lies on another: those of a network in some distance, those
   * of several side by side.
   *
   * @param {Outside[]} wanted
   */
  #outside(wanted) {
    const room = APART * new Set(wanted.map(({ place }) => place)).size;
    const edges = [wanted.filter(({ kind }) => kind === "below"), wanted.filter(({ kind }) => kind !== "below")];
    return edges.flatMap((edge) => spread(thinned(edge, room), LEFT, this.width - RIGHT / 2));
  }

  /** Mark what has no place on the axes, beside them: below ▽, above △, NaN ×. @param {Outside} mark */
  #special({ kind, x }) {
    if (kind === "below") return triangle(x, this.height - this.bottom + BEYOND, 3.5);
    const y = this.top - BEYOND;
    return kind === "above" ? triangle(x, y, -3.5) : `M${(x - 3).toFixed(1)} ${y - 3}l6 6m0-6l-6 6`;
  }

  /** @param {number} place */
  #child(place) {
    return this.curves.children[place] ?? this.curves.appendChild(element("path", {}));
  }

  /**
   * @param {View} view
   * @param {number} value
   */
  #x({ x }, value) {
    return LEFT + ((value - x.low) / (x.high - x.low || 1)) * (this.width - LEFT - RIGHT);
  }

  /**
   * @param {View} view
   * @param {number} value
   */
  #y({ y }, value) {
    const low = placed(y, y.low);
    const floor = this.height - this.bottom;
    const inside = Math.max(y.low, Math.min(value, y.high));
    return floor - ((placed(y, inside) - low) / (placed(y, y.high) - low || 1)) * (floor - this.top);
  }

  /** @param {MouseEvent} event */
  #position(event) {
    const box = this.svg.getBoundingClientRect();
    const share = (((event.clientX - box.left) / box.width) * this.width - LEFT) / (this.width - LEFT - RIGHT);
    const { low, high } = this.view?.x ?? { low: 0, high: 1 };
    return low + share * (high - low);
  }

  /**
   * Write words in their own direction: an anchor is a side of the chart, whichever way they run.
   *
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {"start" | "end"} side
   */
  #words(text, x, y, side) {
    const turned = { start: "end", end: "start" };
    const node = this.#text(text, x, y, this.direction === "rtl" ? turned[side] : side);
    node.setAttribute("direction", this.direction);
    return node;
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {string} anchor
   */
  #text(text, x, y, anchor) {
    const node = element("text", { x: String(x), y: String(y), "text-anchor": anchor, "font-size": String(this.size) });
    node.textContent = text;
    return node;
  }
}

/** How often each value occurs in each layer: layers from left to right, values upward. */
export class HeatMap {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} layers
   * @param {number} bins
   * @param {number} place of the network
   */
  constructor(canvas, layers, bins, place) {
    [canvas.width, canvas.height] = [layers, bins];
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.colour = `--vg-series-${place + 1}`;
    this.theme = "?"; // for which the image has its colour
    this.image = new ImageData(layers, bins);
  }

  /** @param {Uint8Array} histograms layers × bins, as shares of each layer's fullest one, which has 255 */
  draw(histograms) {
    const { width: layers, height: bins, data } = this.image;
    this.#paint();
    for (let place = 0; place < histograms.length; place += 1) {
      const row = bins - 1 - (place % bins);
      data[4 * (row * layers + Math.floor(place / bins)) + 3] = OPACITY[histograms[place]];
    }
    this.context?.putImageData(this.image, 0, 0);
  }

  /** Ask for the colour, which costs a style of the whole page. */
  #paint() {
    const theme = document.documentElement.dataset.theme ?? "";
    if (theme === this.theme) return;
    this.theme = theme;
    const { data } = this.image;
    const colour = rgb(getComputedStyle(this.canvas).getPropertyValue(this.colour));
    for (let at = 0; at < data.length; at += 4) data.set(colour, at);
  }
}

/**
 * Return the outline of a histogram that is as wide as it has bins, and `height` high.
 *
 * @param {ArrayLike<number>} counts
 * @param {number} height
 */
export function histogramPath(counts, height) {
  const most = Math.max(1, ...Array.from(counts));
  const tops = Array.from(counts, (count) => `V${(height * (1 - count / most)).toFixed(2)}h1`);
  return `M0 ${height}${tops.join("")}V${height}Z`;
}

/**
 * Return whole powers of ten around the values, within 1e-40 and 1e10.
 *
 * @param {Iterable<number>} values
 */
export function decades(values) {
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (!(value >= SMALLEST)) continue;
    low = Math.min(low, value);
    high = Math.max(high, Math.min(value, LARGEST));
  }
  if (!(low <= high)) return { low: 1e-3, high: 1 };
  const [first, last] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)];
  return { low: 10 ** first, high: 10 ** Math.max(last, first + 1) };
}

/**
 * Return multiples of 1, 2, 5, 10, … from `first` to `last`, about `most` of them.
 *
 * @param {number} first
 * @param {number} last
 * @param {number} most
 */
export function steps(first, last, most) {
  let every = 1;
  for (let n = 0; (last - first) / every > most; n += 1) every *= n % 3 === 1 ? 2.5 : 2;
  const start = Math.ceil(first / every) * every;
  return Array.from({ length: Math.max(0, Math.floor((last - start) / every) + 1) }, (_, n) => start + n * every);
}

/**
 * @param {View["y"]} axis
 * @param {number} most
 */
function ticks({ low, high, log }, most) {
  if (log) return steps(Math.round(Math.log10(low)), Math.round(Math.log10(high)), most).map((n) => 10 ** n);
  const unit = 10 ** Math.floor(Math.log10((high - low) / most));
  return steps(low / unit, high / unit, most).map((value) => value * unit);
}

/**
 * @param {View["y"]} axis
 * @param {number} value
 */
function placed({ log }, value) {
  return log ? Math.log10(value) : value;
}

/**
 * @param {View["y"]} axis
 * @param {number} value
 */
function tickText({ log }, value) {
  return log ? powerOfTen(Math.round(Math.log10(value))) : formatNumber(Number(value.toPrecision(6)));
}

/**
 * @param {View["y"]} axis
 * @param {number} value
 */
function kindOf({ low, high, log }, value) {
  if (Number.isNaN(value)) return "nan";
  const slack = ROUNDING * (high - low);
  if (log ? value < low / (1 + 1e-9) : value < low - slack) return "below";
  return (log ? value > high * (1 + 1e-9) : value > high + slack) ? "above" : "";
}

/**
 * Leave out marks of a network and kind that follow each other more closely than that.
 *
 * @param {Outside[]} marks
 * @param {number} room in pixels
 */
function thinned(marks, room) {
  /** @type {Record<string, number>} */
  const last = {};
  return marks.filter(({ kind, x, place }) => {
    const key = `${kind} ${place}`;
    if (x - (last[key] ?? -Infinity) < room) return false;
    last[key] = x;
    return true;
  });
}

/**
 * Move marks apart, as little as it takes, between two ends.
 *
 * @param {Outside[]} marks
 * @param {number} left
 * @param {number} right
 */
function spread(marks, left, right) {
  const sorted = [...marks].sort((one, other) => one.x - other.x || one.place - other.place);
  let end = left - APART;
  const pushed = sorted.map((mark) => {
    const before = sorted.findIndex(({ x }) => x === mark.x);
    const after = sorted.findLastIndex(({ x }) => x === mark.x);
    end = Math.max(mark.x - (APART / 2) * (after - before), end + APART);
    return { ...mark, x: end };
  });
  end = right + APART;
  return pushed.reverse().map((mark) => ({ ...mark, x: (end = Math.min(mark.x, end - APART)) }));
}

/** @typedef {{place: number, part: string, x: number, isFirst: boolean}[]} LegendRow */

/**
 * Set the names of the networks in rows: the first that need no more than one each, or else the shortest ones.
 *
 * @param {string[][]} legends
 * @param {number} width
 * @param {number} size of the letters
 */
function legendRows(legends, width, size) {
  const all = legends.map((names) => rowsOf(names, width, size));
  return all.find((rows, number) => rows.length <= legends[number].length) ?? all[all.length - 1] ?? [];
}

/**
 * Set names in rows that fit; one that is too long for a row goes on in the next, where no other follows.
 *
 * @param {string[]} names
 * @param {number} width
 * @param {number} size of the letters
 */
function rowsOf(names, width, size) {
  /** @type {LegendRow[]} */
  const rows = [[]];
  let x = 2;
  names.forEach((name, place) => {
    cut(folded(name, (width - 52) / size)).forEach((part, number) => {
      const wide = 52 + size * widthOf(part);
      if (x > 2 && (number || x + wide > width)) [x] = [2, rows.push([])];
      rows[rows.length - 1].push({ place, part, x, isFirst: number === 0 });
      x += number ? width : wide;
    });
  });
  return rows;
}

/** Keep two lines of a name. @param {string[]} lines */
function cut(lines) {
  return lines.length > 2 ? [lines[0], `${lines[1]} …`] : lines;
}

/** Return the width of a text in sizes of its letters. @param {string} text */
function widthOf(text) {
  return [...text].reduce((all, letter) => all + (letter > "\u2e7f" ? IDEOGRAPH : LETTER), 0);
}

/**
 * @param {string} name
 * @param {number} width
 */
function folded(name, width) {
  const [first, ...others] = name.split(" ");
  /** @type {string[]} */
  const lines = [first];
  for (const word of others) {
    const longer = `${lines[lines.length - 1]} ${word}`;
    if (widthOf(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/**
 * Return the outline of a network's marker: a circle, a square, a diamond.
 *
 * @param {number} place
 * @param {number} x
 * @param {number} y
 */
export function marker(place, x, y) {
  const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
  if (place === 0) return `M${at}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0`;
  return place === 1 ? `M${at}m-3.5-3.5h7v7h-7z` : `M${at}m-4.6 0l4.6-4.6 4.6 4.6-4.6 4.6z`;
}

/** @param {number} place */
export function colour(place) {
  return `var(--vg-series-${place + 1})`;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} size above 0 it points down
 */
function triangle(x, y, size) {
  return `M${(x - Math.abs(size)).toFixed(1)} ${y - size}h${2 * Math.abs(size)}L${x.toFixed(1)} ${y + size}z`;
}

/** @param {string} hex such as "#0072b2" */
function rgb(hex) {
  const digits = /^\s*#([0-9a-f]{6})/i.exec(hex);
  const number = parseInt(digits?.[1] ?? "767676", 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/**
 * Set an attribute that has another value: each one that is set costs a new style and layout.
 *
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
function put(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 */
export function element(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") node.setAttribute(name, value);
  return node;
}
