/* Shows a slow request after 400 ms, and a lost connection at once; keeps a form from being sent into nothing.

   Markup: [data-connection] with data-slow, data-lost and data-failed (layouts/base.html). Works on plain forms and on
   htmx requests alike. What was typed stays, because the page stays. */
(() => {
  "use strict";
  const region = document.querySelector("[data-connection]");
  if (!region) return;
  let timer = 0;

  const say = (word) => { region.textContent = word ? region.dataset[word] || "" : ""; };
  const started = () => { clearTimeout(timer); timer = setTimeout(() => say("slow"), 400); };
  const ended = (word) => { clearTimeout(timer); say(word); };

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (navigator.onLine === false) { event.preventDefault(); ended("lost"); } else started();
  });
  window.addEventListener("offline", () => ended("lost"));
  window.addEventListener("online", () => ended());
  // A page that comes back from the browser's memory is not waiting for anything.
  window.addEventListener("pageshow", () => ended());

  // A page that refreshes itself says nothing of it.
  const asked = (event) => event.detail.requestConfig && event.detail.requestConfig.triggeringEvent
    && /submit|click|change/.test(event.detail.requestConfig.triggeringEvent.type);
  document.addEventListener("htmx:beforeRequest", (event) => { if (asked(event)) started(); });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) ended(); });
  document.addEventListener("htmx:sendError", () => ended("lost"));
  document.addEventListener("htmx:timeout", () => ended("lost"));
  document.addEventListener("htmx:responseError", () => ended("failed"));
})();
