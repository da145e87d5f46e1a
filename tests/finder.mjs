// Answers questions about the search of a built site: one JSON per line, {places, language, queries}.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import vm from "node:vm";

const run = (path) => vm.runInThisContext(readFileSync(path, "utf8"), { filename: path });
const scripts = new URL("../booktools/static/search/", import.meta.url);
const load = (...names) => names.forEach((name) => run(new URL(name, scripts).pathname));
load("minisearch.js");

const started = () => performance.now();
for await (const line of createInterface({ input: process.stdin })) {
  const { places, language, queries } = JSON.parse(line);
  globalThis.vgSigns = undefined;
  load(...(language === "zh" ? ["signs.js"] : []), "words.js", "finding.js");
  run(places);
  const began = started();
  const finder = new globalThis.vgFinder(globalThis.vgPlaces, language);
  const indexed = started() - began;
  const answers = queries.map((query) => {
    const found = finder.find(query);
    return found.map(({ title, address, places }) => ({
      title, address, places: places.map((hit) => ({ ...hit.place, excerpt: finder.excerpt(hit) })),
    }));
  });
  const asked = started() - began - indexed;
  console.log(JSON.stringify({ answers, indexed, asked }));
}
