// Finds an entry of the glossary by any of its names in any language, with or without accents and a plural s;
// where no name fits, by the first sentence of its definition.
(() => {
  const box = document.querySelector(".vg-find");
  const field = box.querySelector("input"), news = box.querySelector("[role=status]");
  // Without accents and vowel marks; the Arabic letters and the Turkish i that people type for each other.
  const plain = (text) => text.normalize("NFKD").replace(/[\p{M}\u0640]/gu, "").toLowerCase()
    .replace(/[أإآٱ]/g, "ا").replace(/ى/g, "ي").replace(/ة/g, "ه").replace(/ı/g, "i").replace(/đ/g, "d")
    .replace(/([sx])es(?![\p{L}\d])/gu, "$1").replace(/(\p{L}{2}[^\P{L}ais])s(?![\p{L}\d])/gu, "$1");
  const aliases = JSON.parse(box.querySelector("script").textContent);
  const entries = [...document.querySelectorAll("dl.glossary > dt")].map((term) => {
    const definition = term.nextElementSibling;
    const names = [...definition.querySelectorAll(".vg-names [lang]")].map((name) => name.lastChild.textContent);
    names.push(term.firstChild.data, ...(aliases[term.id] ?? []));
    const [explained] = (definition.querySelector("p")?.textContent ?? "").split(/[.。]/);
    return { parts: [term, definition], names: plain(names.join("\n")), explained: plain(explained) };
  });
  const find = () => {
    const wanted = plain(field.value.trim());
    const named = entries.filter(({ names }) => names.includes(wanted));
    const found = named.length ? named : entries.filter(({ explained }) => explained.includes(wanted));
    entries.forEach((entry) => entry.parts.forEach((part) => { part.hidden = !found.includes(entry); }));
    news.textContent = wanted && news.dataset.found.replace("{count}", found.length);
  };
  field.addEventListener("input", find);
  box.hidden = false;
  find();
})();
