// Shows what a term means, or which source is cited, beside its link: by mouse, pen and keyboard.
// A card stays while the mouse is on it or on its link; Escape closes it. Where nothing can be read, the link remains.
(() => {
  const page = document.documentElement;
  const card = document.createElement("div");
  Object.assign(card, { id: "vg-card", className: "vg-card", role: "tooltip", hidden: true });
  document.body.append(card);
  const sources = new WeakMap();
  document.querySelectorAll(".bibtex-citation a[title]").forEach((link) => {
    sources.set(link, link.title);
    link.removeAttribute("title");
  });
  let shown, timer, loading;

  const load = () => loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    window.bookCards = resolve;
    script.onerror = () => resolve({});
    script.src = `${page.dataset.content_root}glossary/cards.js`;
    document.head.append(script);
  });
  const linkOf = (target) => {
    const link = target.closest?.("main a.reference");
    return link && (sources.has(link) || link.querySelector(".std-term")) ? link : null;
  };
  const place = (link) => {
    const line = link.getClientRects()[0], { width, height } = card.getBoundingClientRect();
    const below = line.bottom + height < innerHeight || line.top < height;
    const start = page.dir === "rtl" ? line.right - width : line.left;
    card.style.left = `${scrollX + Math.max(8, Math.min(start, page.clientWidth - width - 8))}px`;
    card.style.top = `${scrollY + (below ? line.bottom : line.top - height)}px`;
  };
  const hide = () => {
    clearTimeout(timer);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    card.hidden = true;
  };
  const show = async (link) => {
    if (link === shown) return;
    hide();
    shown = link;
    const parts = sources.has(link) ? null : (await load())[decodeURIComponent(link.hash.slice(1))];
    if (shown !== link || (!parts && !sources.has(link))) return;
    if (parts) card.innerHTML = parts.join("");
    else card.textContent = sources.get(link);
    card.lang = card.dir = "";
    if (!parts) Object.assign(card, { lang: "en", dir: "ltr" });
    card.hidden = false;
    place(link);
    link.setAttribute("aria-describedby", card.id);
  };
  const soon = (action) => { clearTimeout(timer); timer = setTimeout(action, 300); };

  document.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    const link = linkOf(target);
    if (link) soon(() => show(link));
    else if (card.contains(target)) clearTimeout(timer);
    else if (!shown?.matches(":focus-visible")) soon(hide);
  });
  document.addEventListener("focusin", ({ target }) => {
    const link = linkOf(target);
    if (link?.matches(":focus-visible")) show(link);
  });
  document.addEventListener("focusout", () => { if (!card.matches(":hover")) hide(); });
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") hide(); });
})();
