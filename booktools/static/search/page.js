// The search page: loads the book's places, finds while one types, and says briefly what it found.
(() => {
  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const news = document.querySelector(".vg-search-news"), list = document.querySelector(".vg-results");
  const field = document.querySelector("main input[name=q]");
  const words = news.dataset;
  const PAUSE = 400; // milliseconds without a key, after which the news are told and the address changes
  let finder, waiting;

  const made = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const link = ({ address, title }) => made("a", { href: address, textContent: title });
  const load = (address) => new Promise((resolve, reject) => {
    document.head.append(made("script", { src: address, async: false, onload: resolve, onerror: reject }));
  });
  const say = (text) => { news.textContent = text; };

  function excerpt(hit) {
    const shown = finder.excerpt(hit).map(([text, found]) => (found ? made("mark", { textContent: text }) : text));
    return made("p", { dir: "auto" }, ...shown);
  }

  function result({ title, places: [first, ...others] }) {
    const { kind } = first.place;
    const where = kind === "page" ? words.page : `${words[kind] ?? words.section} · ${title}`;
    const more = others.map(({ place }) => made("li", {}, link(place)));
    const rest = more.length ? [made("ul", { className: "vg-more" }, ...more)] : [];
    return made("li", {}, made("h2", {}, link(first.place)), made("p", { className: "vg-kind", textContent: where }), excerpt(first), ...rest);
  }

  const everyPage = () => finder.pages.map(([address, title]) => made("li", { className: "vg-page" }, link({ address, title })));

  function find() {
    const query = field.value.trim();
    const found = query ? finder.find(query) : [];
    list.replaceChildren(...(found.length || !query ? found.map(result) : everyPage()));
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      say(!query ? words.hint : found.length ? words.found.replace("{count}", found.length) : words.none);
      history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
    }, PAUSE);
  }

  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.focus({ preventScroll: true });
  say(words.loading);
  const scripts = ["minisearch.js", "words.js", "finding.js"].map((name) => folder + name);
  Promise.all([...scripts, "places.js"].map(load)).then(() => {
    finder = new globalThis.vgFinder(globalThis.vgPlaces, document.documentElement.lang.split("-")[0]);
    field.addEventListener("input", find);
    field.form.addEventListener("submit", (event) => { event.preventDefault(); find(); });
    find();
  }, () => say(words.failed));
})();
