// The page's few scripts: pages' list, light and dark, print, copy, language links that keep the section and what is sought.
(function (root) {
  const find = (id) => document.getElementById(id);
  const on = (node, type, action) => node && node.addEventListener(type, action);
  const menu = find("vg-menu"), box = find("pst-primary-sidebar-checkbox"), sidebar = find("vg-sidebar");
  const isPhone = matchMedia("(max-width: 959.98px)");
  const isShown = () => box.checked === isPhone.matches;
  // Over a phone's page, the list keeps the focus; the page behind it cannot be reached.
  const say = () => {
    if (!menu) return;
    menu.setAttribute("aria-expanded", isShown());
    const behind = document.querySelectorAll(".vg-skip, .vg-header > :not(#vg-menu), .bd-main :is(main, .vg-neighbors, .vg-contents, footer)");
    behind.forEach((node) => { node.inert = isPhone.matches && isShown(); });
  };
  const toggle = () => {
    box.checked = !box.checked;
    say();
    if (isPhone.matches && isShown()) sidebar.querySelector("a").focus({ preventScroll: true });
  };
  on(menu, "click", toggle);
  on(box, "change", say);
  on(isPhone, "change", say);
  say();
  on(find("vg-print"), "click", () => print());
  const answers = "details:not(.hide, .vg-explorer *), .tag_solution details.hide";
  on(find("vg-open"), "click", ({ currentTarget: button }) => {
    const open = button.getAttribute("aria-pressed") !== "true";
    document.querySelectorAll(`article :is(${answers})`).forEach((one) => { one.open = open; });
    button.setAttribute("aria-pressed", open);
  });
  let theme;
  on(window, "beforeprint", () => { theme = root.dataset.theme; root.dataset.theme = "light"; });
  on(window, "afterprint", () => { root.dataset.theme = theme; });
  const dark = find("vg-theme");
  const sayTheme = () => dark && dark.setAttribute("aria-pressed", root.dataset.theme === "dark");
  on(dark, "click", () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    sayTheme();
  });
  sayTheme();
  const menus = [...document.querySelectorAll("details.vg-menu")];
  const close = (target) => menus.forEach((menu) => menu.contains(target) || (menu.open = false));
  on(document, "click", (event) => close(event.target));
  on(document, "keydown", (event) => {
    if (event.key !== "Escape") return;
    menus.forEach((menu) => menu.open && menu.firstElementChild.focus());
    close(null);
    if (box && box.checked && innerWidth < 960) { menu.click(); menu.focus(); }
  });
  // Where a reader is: the place that the address names, if it is in sight, else the last heading or term above the middle.
  const isInSight = (node) => node && node.getBoundingClientRect().top < innerHeight && node.getBoundingClientRect().bottom > 0;
  const place = () => {
    if (isInSight(find(location.hash.slice(1)))) return location.hash;
    if (scrollY < innerHeight / 4) return "";
    const above = [...document.querySelectorAll("article :is(section, dt)[id]")].filter((node) => node.getBoundingClientRect().top < innerHeight / 2);
    return above.length ? `#${above.pop().id}` : "";
  };
  document.querySelectorAll(".vg-languages a[lang]").forEach((link) => {
    on(link, "click", () => {
      link.search = location.search;
      link.hash = place();
      localStorage.setItem("language", link.lang); // for the page that leads to all languages
    });
  });
  const here = location.origin + location.pathname; // which a page does not know when it is built
  const printed = document.querySelector(".vg-address:empty");
  if (printed && location.protocol.startsWith("http")) printed.textContent = here;
  document.querySelectorAll(".vg-citation pre").forEach((text) => { text.textContent = text.textContent.replace("@here", here); });
  document.querySelectorAll(".cell_input .highlight, .vg-citation").forEach((code) => {
    const button = document.createElement("button");
    const text = (word) => { button.textContent = word; };
    button.type = "button";
    button.className = "vg-copy";
    text(root.dataset.copy);
    on(button, "click", () => navigator.clipboard.writeText(code.querySelector("pre").textContent).then(() => {
      text(root.dataset.copied);
      setTimeout(text, 2000, root.dataset.copy);
    }));
    code.append(button);
  });
  const fromFile = location.protocol === "file:" && find("vg-from-file");
  if (fromFile) fromFile.hidden = false;
  // Only https and this machine's own address have workers; a page from a file needs none.
  const worker = location.protocol.startsWith("http") && navigator.serviceWorker;
  if (worker) on(window, "load", () => {
    worker.register(new URL(`${root.dataset.content_root}sw.js`, location)).catch(() => {}); // a browser may refuse
    if (worker.controller) return;
    const parts = [location.href.split(/[?#]/)[0], ...performance.getEntriesByType("resource").map(({ name }) => name)];
    worker.ready.then(({ active }) => active.postMessage(parts));
  });
  const scrolling = "pre, .math, .pst-scrollable-table-container, .vg-checks, .vg-stage, .vg-figure:not(.vg-stage > *)";
  const reach = () => document.querySelectorAll(scrolling).forEach((node) => {
    if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  });
  document.addEventListener("toggle", reach, true);
  const sizes = new ResizeObserver(reach);
  [document.body, ...document.querySelectorAll("article > *, pre, .vg-figure")].forEach((node) => sizes.observe(node));
})(document.documentElement);
