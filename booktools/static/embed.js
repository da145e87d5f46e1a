// A page inside another one: light unless ?theme=dark asks otherwise; it tells its height, and leads to the book.
(() => {
  const root = document.documentElement;
  if (new URLSearchParams(location.search).get("theme") === "dark") root.dataset.theme = "dark";
  document.addEventListener("DOMContentLoaded", () => {
    const home = document.getElementById("vg-home");
    home.addEventListener("click", () => { home.search = location.search; });
    const tell = () => parent.postMessage({ type: "embed", address: location.href, height: root.offsetHeight }, "*");
    new ResizeObserver(tell).observe(root);
  });
})();
