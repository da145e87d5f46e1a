// Finds an entry of the glossary by any of its names in any language, with or without accents and endings;
// where no name fits, by its definition, and where none does, by a name that is nearly what was typed.
(() => {
  const { fold, words, plain, isUnspaced, mistakes, distance } = globalThis.vgWords;
  const box = document.querySelector(".vg-find"), language = document.documentElement.lang.split("-")[0];
  const field = box.querySelector("input"), news = box.querySelector("[role=status]"), elsewhere = box.querySelector("a");
  const stems = (text) => [...words(text, language)].map(({ text: word }) => plain(word, language)[1]);
  const wholes = (text) => [...words(text, language)].map(({ text: word }) => word);
  const aliases = JSON.parse(box.querySelector("script").textContent);
  const entries = [...document.querySelectorAll("dl.glossary > dt")].map((term) => {
    const definition = term.nextElementSibling;
    const names = [...definition.querySelectorAll(".vg-names [lang]")].map((name) => name.lastChild.textContent);
    names.push(term.firstChild.textContent, ...(aliases[term.id] ?? []));
    const explained = [...definition.children].filter((part) => !part.matches(".vg-names, .vg-uses")).map((part) => part.textContent);
    return { parts: [term, definition], names: readable(names), explained: readable(explained) };
  });

  function readable(texts) {
    return { letters: fold(texts.join("\n")), stems: stems(texts.join("\n")) };
  }

  // Whether a name is meant that is misspelt, as a whole or in its words; what is typed last may be unfinished.
  function nearly({ letters, stems: known }, wanted) {
    const isOne = (text, one, most = mistakes(text)) => distance(text, one) <= most;
    const begins = (text, one, most) => [-1, 0, 1].some((more) => isOne(text, one.slice(0, text.length + more), most));
    const most = isUnspaced(wanted) ? Number(wanted.length > 2) : mistakes(wanted);
    if (letters.split("\n").some((name) => isOne(wanted, name, most) || begins(wanted, name, most))) return true;
    const sought = wholes(wanted), all = [...known, ...wholes(letters)], last = sought.length - 1;
    return last >= 0 && sought.every((word, place) => plain(word, language).some((form) => all.some((one) => isOne(form, one) || (place === last && begins(form, one)))));
  }

  function fits({ letters, stems: known }, wanted, sought) {
    if (letters.includes(wanted)) return true;
    const last = sought.length - 1;
    return last >= 0 && sought.every((stem, place) => known.some((one) => one === stem || (place === last && one.startsWith(stem))));
  }

  const find = () => {
    const wanted = fold(field.value.trim()), sought = stems(wanted);
    const ways = [({ names }) => fits(names, wanted, sought), ({ explained }) => fits(explained, wanted, sought), ({ names }) => nearly(names, wanted)];
    const found = ways.reduce((some, way) => (some.length ? some : entries.filter(way)), []);
    entries.forEach((entry) => entry.parts.forEach((part) => { part.hidden = !found.includes(entry); }));
    news.textContent = wanted && news.dataset.found.replace("{count}", found.length);
    elsewhere.hidden = found.length > 0;
    elsewhere.search = new URLSearchParams({ q: field.value.trim() });
  };

  // An entry that a link leads to is shown, whatever is sought.
  const show = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("[hidden]")) return;
    field.value = "";
    history.replaceState(null, "", location.pathname + location.hash);
    find();
    target.scrollIntoView();
  };

  field.addEventListener("input", () => {
    find();
    const query = field.value.trim();
    history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
  });
  addEventListener("hashchange", show);
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  box.hidden = false;
  find();
  show();
})();
