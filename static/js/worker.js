/* The patient's service worker: without a connection it shows the page that offline.js kept, and nothing else.

   Owns nothing: it stores no answer, and every request but a page that is gone to passes by it. What is kept ends with
   the session or with the visit, whichever comes first (Expires). */
"use strict";
const KEPT = "kept";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  // The page is asked for while this starts, so that a cheap phone does not wait for it.
  if (self.registration.navigationPreload) event.waitUntil(self.registration.navigationPreload.enable());
});

const inForce = (cache, request, page) => {
  if (page && Date.parse(page.headers.get("Expires")) > Date.now()) return page;
  return cache.delete(request).then(() => Response.error());
};
const kept = () => caches.open(KEPT).then((cache) => cache.keys().then((keys) => {
  const own = keys.filter((key) => key.url.startsWith(self.registration.scope))[0];
  if (!own) return Response.error();
  return cache.match(own, { ignoreVary: true }).then((page) => inForce(cache, own, page));
}));

self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") return;
  const asked = Promise.resolve(event.preloadResponse).then((answer) => answer || fetch(event.request));
  event.respondWith(asked.catch(kept));
});
