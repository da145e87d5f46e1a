// Keeps what a reader has opened, so that it opens again without a network. Another build has another version.
const NAME = `$${registration.scope} $version`;
const BUILDS = 4; // as many are kept
const FALLBACK = new URL("offline.html", registration.scope).href;
const PASSED_ON = new URL("downloads/", registration.scope).href;

const ours = (url) => url.startsWith(registration.scope) && !url.startsWith(PASSED_ON);
const isWhole = (response) => response.status === 200 && response.type === "basic" && !response.redirected;
const isHashed = (url) => new URL(url).searchParams.has("v");
// A page is the same page whatever its address asks it to show.
const key = (request) => (request.mode === "navigate" ? request.url.split(/[?#]/)[0] : request.url);

const keep = async (place, response) => {
  if (isWhole(response)) await (await caches.open(NAME)).put(place, response);
};
const find = async (name, place) => (await caches.open(name)).match(place);
const older = async () => {
  const names = await caches.keys();
  return names.filter((name) => name.startsWith(`$${registration.scope} `) && name !== NAME).reverse();
};
const keptBefore = async (place) => {
  for (const name of await older()) {
    const response = await find(name, place);
    if (response) return response;
  }
};
const kept = async (place) => (await find(NAME, place)) ?? keptBefore(place);

const fromNetwork = async (event) => {
  const place = key(event.request);
  try {
    const response = await fetch(event.request);
    event.waitUntil(keep(place, response.clone()));
    return response;
  } catch {
    const fallback = event.request.mode === "navigate" ? await kept(FALLBACK) : undefined;
    return (await kept(place)) ?? fallback ?? Response.error();
  }
};
const fromCache = async (event) => {
  const place = key(event.request);
  const now = await find(NAME, place);
  const response = now ?? (await keptBefore(place));
  if (response && !now) event.waitUntil(keep(place, response.clone()));
  return response ?? fromNetwork(event);
};

addEventListener("install", (event) => {
  const stored = fetch(FALLBACK, { cache: "reload" }).then((response) => keep(FALLBACK, response));
  event.waitUntil(stored.then(() => skipWaiting()));
});
// What was read before a new build opens without a network until it is read anew.
addEventListener("activate", (event) => {
  const removed = older().then((names) => Promise.all(names.slice(BUILDS - 1).map((name) => caches.delete(name))));
  event.waitUntil(removed);
});
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !ours(request.url) || request.headers.has("range")) return;
  event.respondWith(isHashed(request.url) ? fromCache(event) : fromNetwork(event));
});
// The page with which a reader begins was loaded before this script; it names what it consists of.
addEventListener("message", (event) => {
  const load = async (url) => (await find(NAME, url)) ?? keep(url, await fetch(url));
  event.waitUntil(Promise.allSettled(event.data.filter(ours).map(load)));
});
