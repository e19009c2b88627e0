/* Shows a slow request after 400 ms, and a lost connection at once. A form that is sent without a connection is kept
   and sent by itself, once, when there is one again, unless its reader says no. One with a password or a code in it
   stays on the page and is not: whoever holds the device by then may be somebody else, and the code is old.

   Markup: [data-connection] with data-slow, data-lost, data-failed, data-kept, data-leaving, data-drop and data-back
   (layouts/base.html). Works on plain forms and on htmx requests alike. What was typed stays, because the page stays.
   Whether there is a connection, a question to /healthz says: a phone may well be "online" to nothing. Before a plain
   form goes it is asked, unless the server has just been heard: a browser that finds nobody leaves the page for one of
   its own. It is asked again where no answer has come for long, and a form without files, whose way up may be full
   with them, is called back if there is nobody.
   An answer to a plain form that was lost on its way leaves the browser's own page all the same. Back from there, what
   was typed is put back with its idempotency key, so that sending it again acts once. It lies in sessionStorage until
   any page of ours has come; passwords, codes and files never do. */
(() => {
  "use strict";
  const region = document.querySelector("[data-connection]");
  if (!region) return;
  // A thin link (400 ms each way and back, and a handshake) answers in two seconds.
  const PLACE = "sent", SHORTEST = 2000, LONGEST = 30000, PATIENCE = 8000, FRESH = 10000;
  let timer = 0, probe = 0, pause = SHORTEST, waiting = null, sending = false, heard = Date.now();

  // What stands there already is not said again: a page that looks by itself fails at each look. Nor is what somebody
  // else says there taken away, such as that the screen locks soon.
  let said = "";
  const say = (word) => {
    const text = word ? region.dataset[word] || "" : "", shown = region.textContent;
    if (shown !== text && (text || said && shown.startsWith(said))) region.textContent = said = text;
  };
  const started = () => { clearTimeout(timer); timer = setTimeout(() => say("slow"), 400); };
  const ended = (word) => { clearTimeout(timer); if (!waiting) { clearTimeout(probe); say(word); } };

  /* ── kept until there is a connection ── */

  const secret = (field) => field.type === "password" || field.autocomplete === "one-time-code";
  const drop = () => { waiting = null; pause = SHORTEST; ended(); };
  const lost = () => { heard = 0; ended("lost"); };
  const keep = (form, send) => {
    waiting = null;
    lost();
    if (Array.from(form.elements).some((field) => secret(field) && field.value)) return;
    waiting = { form, send, told: true };
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
  const ask = () => {
    const cut = window.AbortController ? new AbortController() : { abort() {} };
    return Promise.race([
      fetch("/healthz", { method: "HEAD", cache: "no-store", credentials: "omit", signal: cut.signal })
        .then((answer) => { if (!answer.ok) throw answer; heard = Date.now(); }),
      new Promise((_, late) => setTimeout(() => { late(); cut.abort(); }, PATIENCE)),
    ]);
  };
  const look = () => {
    const asked = waiting;
    if (asked) ask().then(() => {
      if (!waiting) return;
      const { send } = waiting;
      drop();
      sending = true;
      send();
      sending = false;
    }, () => { if (waiting === asked) asked.told ? later() : keep(asked.form, asked.send); });
  };
  const submit = (form, pressed) => () => {
    if (form.requestSubmit) form.requestSubmit(pressed);
    else (pressed || form.querySelector("button")).click();
  };
  window.addEventListener("beforeunload", (event) => { if (waiting && waiting.told) event.preventDefault(); });
  window.addEventListener("online", () => { if (waiting) look(); else ended(); });
  window.addEventListener("offline", lost);

  /* ── lost halfway ── */

  const typed = (form) => Array.from(form.elements).filter((field) => field.name && field.name !== "csrf_token"
    && !/^(file|submit|button)$/.test(field.type) && !secret(field));
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
    if (!found) return;
    typed(found).forEach((field, at) => { field.value = kept.fields[at][1]; field.checked = kept.fields[at][2]; });
    say("back");
  };
  try { restore(); } catch (closed) { /* a browser that keeps nothing */ }

  /* ── plain forms and htmx ── */

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const form = event.target, send = submit(form, event.submitter), offline = navigator.onLine === false;
    if (!sending && (offline || Math.abs(Date.now() - heard) > FRESH)) {
      event.preventDefault();
      if (offline) keep(form, send);
      else if (!waiting || waiting.told || waiting.form !== form) {
        drop();
        waiting = { form, send };
        started();
        look();
      }
      return;
    }
    drop();
    started();
    if (form.method !== "post") return;
    if (!form.hasAttribute("data-forget")) remember(form);
    if (Array.from(form.elements).some((field) => field.type === "file" && field.value)) return;
    probe = setTimeout(() => ask().catch(() => { window.stop(); keep(form, send); }), LONGEST);
  });
  // A page that comes back from the browser's memory is not waiting for anything.
  window.addEventListener("pageshow", (event) => { if (event.persisted) ended(); });

  // A page that refreshes itself says nothing of it.
  const pressed = (event) => {
    const by = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    return by && /submit|click|change|input/.test(by.type) ? by : null;
  };
  const cut = (event) => {
    const by = pressed(event), { elt } = event.detail;
    if (by && elt.tagName === "FORM") keep(elt, submit(elt, by.submitter));
    else if (by && by.type === "click") keep(elt, () => elt.click());
    else lost();
  };
  window.htmx.config.timeout = 60000;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!pressed(event)) return;
    if (waiting && waiting.form === event.detail.elt) drop();
    started();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr.status) heard = Date.now();
    if (event.detail.successful) ended();
  });
  document.addEventListener("htmx:sendError", cut);
  document.addEventListener("htmx:timeout", cut);
  document.addEventListener("htmx:responseError", () => ended("failed"));
})();
