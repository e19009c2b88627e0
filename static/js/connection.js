/* Shows a slow request after 400 ms, and a lost connection at once. A form that is sent without a connection is kept
   and sent by itself, once, when there is one again, unless its reader says no.

   Markup: [data-connection] with data-slow, data-lost, data-failed, data-kept, data-leaving and data-drop
   (layouts/base.html). Works on plain forms and on htmx requests alike. What was typed stays, because the page stays.
   Whether there is a connection, a question to /healthz says: a phone may well be "online" to nothing.
   An answer to a plain form that was lost on its way leaves the browser's own page. Back from there, what was typed is
   put back with its idempotency key, so that sending it again acts once. It lies in sessionStorage until any page of
   ours has come; passwords, codes and files never do. */
(() => {
  "use strict";
  const region = document.querySelector("[data-connection]");
  if (!region) return;
  const PLACE = "sent", SHORTEST = 2000, LONGEST = 30000;
  let timer = 0, probe = 0, pause = SHORTEST, waiting = null, sending = false;

  // What stands there already is not said again: a page that looks by itself fails at each look. Nor is what somebody
  // else says there taken away, such as that the screen locks soon.
  let said = "";
  const say = (word) => {
    const text = word ? region.dataset[word] || "" : "", shown = region.textContent;
    if (shown !== text && (text || said && shown.startsWith(said))) region.textContent = said = text;
  };
  const started = () => { clearTimeout(timer); timer = setTimeout(() => say("slow"), 400); };
  const ended = (word) => { clearTimeout(timer); if (!waiting) say(word); };

  /* ── kept until there is a connection ── */

  const drop = () => { clearTimeout(probe); waiting = null; pause = SHORTEST; ended(); };
  const keep = (form, send) => {
    clearTimeout(timer);
    waiting = { form, send };
    const leaving = form.hasAttribute("data-forget");
    if (leaving) document.getElementById("main").hidden = true; // whoever takes the device next reads nothing
    say(leaving ? "leaving" : "kept");
    if (!leaving) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = region.dataset.drop;
      button.addEventListener("click", drop);
      region.append(" ", button);
    }
    later();
  };
  const later = () => {
    clearTimeout(probe);
    probe = setTimeout(look, pause);
    pause = Math.min(pause * 2, LONGEST);
  };
  const look = () => {
    if (!waiting) return;
    fetch("/healthz", { method: "HEAD", cache: "no-store", credentials: "omit" }).then((answer) => {
      if (!answer.ok) throw answer;
      if (!waiting) return;
      const { send } = waiting;
      drop();
      sending = true;
      send();
      sending = false;
    }).catch(later);
  };
  const submit = (form, pressed) => () => {
    if (form.requestSubmit) form.requestSubmit(pressed);
    else (pressed || form.querySelector("button")).click();
  };
  window.addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); });
  window.addEventListener("online", () => { if (waiting) look(); else ended(); });
  window.addEventListener("offline", () => ended("lost"));

  /* ── lost halfway ── */

  const typed = (form) => Array.from(form.elements).filter((field) => field.name && field.name !== "csrf_token"
    && !/^(file|password|submit|button)$/.test(field.type) && field.autocomplete !== "one-time-code");
  const remember = (form) => {
    const fields = typed(form).map((field) => [field.name, field.value, field.checked]);
    try {
      sessionStorage.setItem(PLACE, JSON.stringify({ page: location.href, action: form.action, fields }));
    } catch (full) { /* the browser may still have it */ }
  };
  const restore = () => {
    const kept = JSON.parse(sessionStorage.getItem(PLACE) || "null"), way = performance.getEntriesByType("navigation")[0];
    sessionStorage.removeItem(PLACE);
    if (!kept || kept.page !== location.href || !way || way.type !== "back_forward") return;
    const found = Array.from(document.forms).filter((form) => form.action === kept.action
      && typed(form).map((field) => field.name).join() === kept.fields.map((field) => field[0]).join())[0];
    if (found) typed(found).forEach((field, at) => { field.value = kept.fields[at][1]; field.checked = kept.fields[at][2]; });
  };
  try { restore(); } catch (closed) { /* a browser that keeps nothing */ }

  /* ── plain forms and htmx ── */

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const form = event.target;
    if (navigator.onLine === false && !sending) {
      event.preventDefault();
      keep(form, submit(form, event.submitter));
      return;
    }
    drop();
    started();
    if (form.method === "post" && !form.hasAttribute("data-forget")) remember(form);
  });
  // A page that comes back from the browser's memory is not waiting for anything.
  window.addEventListener("pageshow", () => ended());

  // A page that refreshes itself says nothing of it.
  const pressed = (event) => {
    const by = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    return by && /submit|click|change/.test(by.type) ? by : null;
  };
  const cut = (event) => {
    const by = pressed(event), { elt } = event.detail;
    if (by && elt.tagName === "FORM") keep(elt, submit(elt, by.submitter));
    else if (by && by.type === "click") keep(elt, () => elt.click());
    else ended("lost");
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!pressed(event)) return;
    if (waiting && waiting.form === event.detail.elt) drop();
    started();
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) ended(); });
  document.addEventListener("htmx:sendError", cut);
  document.addEventListener("htmx:timeout", cut);
  document.addEventListener("htmx:responseError", () => ended("failed"));
})();
