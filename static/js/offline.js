/* Keeps one page for when there is no connection: when the next visit is, and the clinic's phone number.

   Markup: <meta name="kept" content="its address" data-worker="the worker's"> (layouts/_offline.html), on pages of a
   patient who is signed in. The address changes with the visit, the language and the session; only then is the page
   fetched again. Where nobody is signed in, and at the press that signs out (form[data-forget]), with or without a
   connection, it is thrown away. */
(() => {
  "use strict";
  const workers = navigator.serviceWorker, KEPT = "kept";
  if (!window.caches || !workers) return;
  let left = false;
  const forget = () => caches.delete(KEPT).then((was) => was && workers.getRegistrations())
    .then((found) => (found || []).forEach((one) => one.unregister())).catch(() => null);
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("data-forget")) { left = true; forget(); }
  }, true);

  const asked = document.querySelector("meta[name=kept]");
  if (!asked) {
    if (!document.querySelector("form[data-forget]")) forget();
    return;
  }
  const url = new URL(asked.content, location.href).href;
  const keep = (cache, others) => fetch(url, { credentials: "same-origin", redirect: "error" }).then((page) => {
    if (!page.ok || left) return null;
    return Promise.all(others.map((one) => cache.delete(one))).then(() => cache.put(url, page));
  });
  caches.open(KEPT)
    .then((cache) => cache.keys().then((keys) => keys.some((one) => one.url === url) ? null : keep(cache, keys)))
    .then(() => left || workers.register(asked.dataset.worker, { updateViaCache: "all" }))
    .catch(() => null);
})();
