// Keeps what a reader has opened, so that it opens again without a network. Another build has another version.
const NAME = `$${registration.scope} $version`;
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
const kept = async (place) => (await caches.open(NAME)).match(place);

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
const fromCache = async (event) => (await kept(key(event.request))) ?? fromNetwork(event);

addEventListener("install", (event) => {
  const stored = fetch(FALLBACK, { cache: "reload" }).then((response) => keep(FALLBACK, response));
  event.waitUntil(stored.then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith(`$${registration.scope} `) && name !== NAME;
  const removed = caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))));
  event.waitUntil(removed);
});
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !ours(request.url) || request.headers.has("range")) return;
  event.respondWith(isHashed(request.url) ? fromCache(event) : fromNetwork(event));
});
// The page with which a reader begins was loaded before this script; it names what it consists of.
addEventListener("message", (event) => {
  const load = async (url) => (await kept(url)) ?? keep(url, await fetch(url));
  event.waitUntil(Promise.allSettled(event.data.filter(ours).map(load)));
});
