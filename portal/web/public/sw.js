// Service worker: an offline shell. It keeps the page itself and its code, never a state, a picture or a video.

const CACHE = "simpang-shell";
// Address below which the portal is served; it ends with a slash.
const ROOT = new URL("./", self.location.href);
// Files of the code that are kept: all of this version, and those of the last that were loaded. [assumption]
const MAX_FILES = 60;

self.addEventListener("install", (event) => {
  event.waitUntil(keepPage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("message", (event) => {
  const assets = Array.isArray(event.data?.assets) ? event.data.assets : [];
  event.waitUntil(Promise.all(assets.filter(isAsset).slice(0, MAX_FILES).map(asset)).catch(() => undefined));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (isAsset(request.url)) event.respondWith(asset(request.url));
  else if (request.mode === "navigate" && isPage(request.url)) event.respondWith(page(request));
});

function pathOf(address) {
  const url = new URL(address);
  if (url.origin !== ROOT.origin || !url.pathname.startsWith(ROOT.pathname)) return null;
  return url.pathname.slice(ROOT.pathname.length);
}

// The coasts below assets/ are data: they are many, and would displace the code.
function isAsset(address) {
  const path = pathOf(address);
  return path !== null && path.startsWith("assets/") && !path.endsWith(".json");
}

// A widget belongs to another site, and the API and live video are of the present or nothing.
function isPage(address) {
  const path = pathOf(address);
  return path !== null && !/^(api|live|embed)\//.test(path);
}

async function keepPage() {
  const response = await fetch(ROOT.href, { cache: "no-cache" });
  if (response.ok) await (await caches.open(CACHE)).put(ROOT.href, response);
}

async function page(request) {
  try {
    const response = await fetch(request);
    if (response.ok && pathOf(request.url) === "") keepPage().catch(() => undefined);
    return response;
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(ROOT.href);
    if (!kept) throw error;
    // Its addresses are relative to the root, and those of this page may not be.
    const html = (await kept.text()).replace(/((?:href|src)=")\.\//g, `$1${ROOT.pathname}`);
    const policy = kept.headers.get("Content-Security-Policy") ?? "default-src 'none'";
    const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy };
    return new Response(html, { headers });
  }
}

async function asset(address) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(address);
  if (kept) return kept;
  const response = await fetch(address);
  if (response.ok) {
    await cache.put(address, response.clone());
    const keys = (await cache.keys()).filter(({ url }) => isAsset(url));
    for (const old of keys.slice(0, Math.max(0, keys.length - MAX_FILES))) await cache.delete(old);
  }
  return response;
}
