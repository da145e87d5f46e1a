// Finds an entry of the glossary by its name in any language, with or without accents.
(() => {
  const box = document.querySelector(".vg-find");
  const field = box.querySelector("input"), news = box.querySelector("[role=status]");
  // Without accents and vowel marks; the Arabic letters and the Turkish i that people type for each other.
  const plain = (text) => text.normalize("NFKD").replace(/[\p{M}\u0640]/gu, "").toLowerCase()
    .replace(/[أإآٱ]/g, "ا").replace(/ى/g, "ي").replace(/ة/g, "ه").replace(/ı/g, "i").replace(/đ/g, "d");
  const entries = [...document.querySelectorAll("dl.glossary > dt")].map((term) => {
    const definition = term.nextElementSibling;
    const names = [...definition.querySelectorAll(".vg-names [lang]")].map((name) => name.lastChild.textContent);
    return { parts: [term, definition], text: plain([term.firstChild.data, ...names].join("\n")) };
  });
  const find = () => {
    const wanted = plain(field.value.trim());
    let count = 0;
    entries.forEach(({ parts, text }) => {
      const found = text.includes(wanted);
      parts.forEach((part) => { part.hidden = !found; });
      count += found;
    });
    news.textContent = wanted && news.dataset.found.replace("{count}", count);
  };
  field.addEventListener("input", find);
  box.hidden = false;
  find();
})();
