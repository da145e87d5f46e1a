// ipywidgets gives the handle of a slider no name, and an index where its value belongs.
globalThis.vanishingHandles ??= (() => {
  const name = () => {
    for (const slider of document.querySelectorAll(".vg-live .widget-slider")) {
      const handle = slider.querySelector(".noUi-handle");
      const text = (part) => slider.querySelector(part)?.textContent ?? "";
      handle?.setAttribute("aria-label", text(".widget-label"));
      handle?.setAttribute("aria-valuetext", text(".widget-readout"));
    }
  };
  const observer = new MutationObserver(name);
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  return observer;
})();
