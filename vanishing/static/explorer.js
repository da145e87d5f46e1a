// Lets the sliders of static explorers change their figures. Without it, the default figure stays.
(() => {
  const start = (explorer) => {
    const { values, states, drawings, addresses } = JSON.parse(explorer.querySelector("script").textContent);
    const sliders = [...explorer.querySelectorAll("input")];
    const stage = explorer.querySelector(".vg-stage");
    const news = explorer.querySelector(".vg-news");
    const train = explorer.querySelector(".vg-train");
    const place = () => sliders.reduce((sum, slider, axis) => sum * values[axis].length + +slider.value, 0);
    const state = () => states[place()];
    drawings[state()] = stage.innerHTML; // sent once, as the default figure

    const show = () => {
      sliders.forEach((slider, axis) => {
        const text = values[axis][slider.value];
        slider.setAttribute("aria-valuetext", text);
        explorer.querySelector(`output[for="${slider.id}"] bdi`).textContent = text;
      });
      stage.innerHTML = drawings[state()];
      if (!train) return;
      train.hidden = !addresses[place()];
      train.firstChild.hash = addresses[place()];
    };
    const tell = () => {
      news.textContent = stage.querySelector("[aria-label]")?.getAttribute("aria-label") ?? "";
    };
    sliders.forEach((slider) => {
      slider.addEventListener("input", show);
      slider.addEventListener("change", tell);
    });
    explorer.querySelector(".vg-axes").hidden = false;
  };
  const startAll = () => document.querySelectorAll(".vg-explorer").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
