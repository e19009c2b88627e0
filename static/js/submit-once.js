/* Spares the second request of a double press. That a form sent twice acts once is the server's doing.

   Sets aria-busy on a form that is on its way. A form with [data-forget] (signing out) clears what this tab kept. */
(() => {
  "use strict";
  const busy = (form) => form.getAttribute("aria-busy") === "true";
  const free = (form) => form.removeAttribute("aria-busy");

  const begin = (event, form) => {
    if (busy(form)) { event.preventDefault(); return; }
    form.setAttribute("aria-busy", "true");
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("data-forget")) sessionStorage.clear(); // also where connection.js keeps the form back
    if (event.defaultPrevented) return;
    begin(event, form);
    // An answer that is a file leaves this page in place.
    setTimeout(() => free(form), 10000);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.tagName === "FORM") begin(event, event.target);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.tagName === "FORM") free(event.target);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy]").forEach(free));
})();
