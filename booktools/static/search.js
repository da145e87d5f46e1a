// The search page: asks the index beside this site, no other host, and lists the pages.
const box = document.getElementById("search-results");
const query = (new URLSearchParams(location.search).get("q") ?? "").trim();

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Excerpts come from Pagefind with the page's text escaped and its own <mark> around what was found.
function page(data) {
  const link = element("a", { href: data.url, textContent: data.meta.title ?? "" });
  const excerpt = element("p", { innerHTML: data.excerpt });
  return element("section", {}, element("h2", {}, link), excerpt);
}

async function search() {
  const pagefind = await import("../pagefind/pagefind.js");
  const { results } = await pagefind.search(query);
  const pages = await Promise.all(results.map((result) => result.data()));
  const { found, none } = box.dataset;
  const summary = pages.length ? found.replace("${resultCount}", pages.length) : none;
  box.replaceChildren(element("p", { textContent: summary }), ...pages.map(page));
}

for (const input of document.querySelectorAll('input[name="q"]')) input.value = query;
if (query) search();
