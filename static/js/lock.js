/* Locks the screen of a shared computer: by the button, which has a key (keys.js), or when nobody has touched a page for a while.

   Markup: form[data-lock] (layouts/_account.html) posts the lock. data-lock: seconds without a touch; data-warning,
   data-offline, data-ending: sentences; data-ends: when the session ends in any case (seconds since 1970).
   [data-locked] (identity/locked.html): where the lock page is asked for.
   data-here: posted to at most once a minute while somebody reads or writes; data-lock-page: where it is unlocked.
   What is on the page leaves it at once: only the call's stage stays, since the lock covers records and never the
   call. Whether anything may be read, the server decides; this spares it from being seen. Tabs tell each other.
   What autosave.js has not saved yet is saved first ("portal:save"), and kept by it if that fails. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-lock]");
  const locked = document.querySelector("[data-locked]");
  const channel = window.BroadcastChannel ? new BroadcastChannel("portal-lock") : null;
  const tell = (word) => { if (channel) channel.postMessage(word); };
  const leave = (address) => { sessionStorage.clear(); document.body.hidden = true; location.replace(address); };

  // A tab that was on its way to the lock heard nothing of the others: it asks when it is there, and when it is looked at.
  function stillLocked() {
    const ask = () => fetch(locked.dataset.locked, { credentials: "same-origin", redirect: "manual", headers: { "HX-Request": "true" } })
      .then((answer) => {
        // The session is over. What this tab kept of an unsaved note stays, since whoever wrote it may be the next.
        if (answer.status === 401) location.replace(document.querySelector("form[data-forget]").dataset.forget);
        else if (answer.type === "opaqueredirect") location.reload();
      }).catch(() => {}); // without a line it stays as it is: locked
    ask();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  }

  // Whoever comes back by the browser's memory sees what the server says now, not what was there.
  window.addEventListener("pageshow", (event) => { if (event.persisted) { document.body.hidden = true; location.reload(); } });
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("data-forget") && !event.defaultPrevented) tell("forget:" + (event.target.dataset.forget || location.pathname));
  });
  if (channel) {
    channel.onmessage = (event) => {
      const word = String(event.data);
      if (word.startsWith("forget:/")) leave(word.slice(7));
      else if (word === "touched") touched = Date.now();
      else if (word === "locked" && form) cover();
      else if (word === "unlocked" && !form) location.reload();
    };
  }
  let touched = Date.now();
  if (!form) { if (locked) stillLocked(); return; }
  tell("unlocked"); // the page is there: tabs that were locked meanwhile ask again

  const AFTER = form.dataset.lock * 1000, WARN = Math.min(30000, AFTER / 2), REPORT = 60000;
  const region = document.querySelector("[data-connection]");
  const token = form.elements.csrf_token.value;
  let reported = Date.now(), said = "", away = null, saidEnding = false;

  const post = (address) => fetch(address, {
    method: "POST", credentials: "same-origin", redirect: "manual", body: new URLSearchParams({ csrf_token: token }),
  });
  const say = (text) => { if (region && text !== said) region.textContent = said = text; };
  const call = () => document.querySelector("[data-visit-call]:not([data-mode=wait])");
  const inCall = () => call() && /^(connecting|connected|reconnecting)$/.test(call().dataset.state || "");

  function touch() {
    touched = Date.now();
    if (away || touched - reported < REPORT) return;
    reported = touched;
    tell("touched");
    post(form.dataset.here).then((answer) => { if (answer.status === 401) lock(); }).catch(() => { reported = 0; });
  }

  /* Takes out of the page all but what leads to the call's stage; what was typed stays in what was taken out. */
  function cover() {
    if (away) return;
    const kept = inCall() ? call() : null;
    away = { title: document.title, parts: [], focus: document.activeElement };
    const panel = document.createElement("div");
    panel.id = "lock-panel";
    panel.className = "wrap main";
    const clear = (parent) => Array.from(parent.childNodes).forEach((node) => {
      if (kept && node.dataset && "stays" in node.dataset) return;
      if (kept && node.contains(kept)) { if (node !== kept) clear(node); return; }
      const mark = document.createComment("");
      node.replaceWith(mark);
      away.parts.push([mark, node]);
    });
    clear(document.body);
    document.body.prepend(panel);
    document.title = form.dataset.title;
    if (kept) unlockHere(panel); else location.replace(form.dataset.lockPage);
  }
  function unlockHere(panel) {
    window.htmx.ajax("GET", form.dataset.lockPage, { target: panel, swap: "innerHTML" })
      .catch(() => { panel.textContent = form.dataset.offline; });
  }
  function uncover() {
    if (!away) return;
    const { title, parts, focus } = away;
    document.getElementById("lock-panel").remove();
    parts.forEach(([mark, node]) => mark.replaceWith(node));
    document.title = title;
    away = null;
    touched = reported = Date.now();
    said = "";
    if (focus && focus.focus) focus.focus();
  }

  function lock() {
    if (away) return;
    const saving = [];
    document.dispatchEvent(new CustomEvent("portal:save", { detail: saving }));
    // The page is covered whether or not the line is there; the lock follows what is being saved.
    const hidden = document.body;
    hidden.style.visibility = inCall() ? "" : "hidden";
    const wait = new Promise((done) => setTimeout(done, 3000));
    Promise.race([Promise.all(saving), wait]).then(() => post(form.action)).then(() => {
      tell("locked");
      cover();
    }).catch(() => {
      // Without a line the server counts the time itself; here nothing is shown until it answers.
      setTimeout(() => { if (!away) lock(); }, 5000);
    });
  }

  document.addEventListener("unlocked", uncover);
  document.addEventListener("submit", (event) => { if (event.target === form) { event.preventDefault(); event.stopImmediatePropagation(); lock(); } }, true);
  ["keydown", "pointerdown", "pointermove", "wheel", "touchstart", "scroll", "input"].forEach((name) =>
    document.addEventListener(name, touch, { passive: true, capture: true }));
  setInterval(() => {
    const idle = Date.now() - touched, left = form.dataset.ends * 1000 - Date.now();
    if (away) return;
    if (idle >= AFTER) { lock(); return; }
    if (idle >= AFTER - WARN) say(form.dataset.warning);
    else if (said === form.dataset.warning) say("");
    if (left < 900000 && !saidEnding) { saidEnding = true; say(form.dataset.ending); }
  }, 1000);
})();
