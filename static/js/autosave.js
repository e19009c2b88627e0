/* Saves a form by itself while one types, so that no word is lost: not to a crash, a thin link, a session that ended
   or a second tab.

   Markup: ui.form(autosave={"url", "key", "version"}) and {{ assets.script(csp_nonce, "js/autosave.js") }}.
   Request: POST of the whole form to the url, with X-Autosave: 1, Accept: application/json and a fresh
   idempotency_key; `version` is the one that the text was written upon.
   Answers: 200 {"version": n} · 409 {"url": "…"}, the page that shows both versions · 401, 403 or a redirect: signed
   out · all else: tried again.
   Kept in sessionStorage under the key from the first letter on until the server has it. A press on the form's own
   button saves first, so that the server never lacks what one saw when one pressed.
   State for style and tests: data-state on [data-save-state] (saved, saving, unsaved, offline, signed-out, conflict). */
(() => {
  "use strict";
  const PAUSE = 2500, LONGEST_PAUSE = 30000;

  const token = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  };

  const watch = (form) => {
    const region = form.querySelector("[data-save-state]"), version = form.elements.version;
    const place = `draft:${form.dataset.autosaveKey}`;
    let timer = 0, wait = PAUSE, dirty = false, flying = null, stopped = false;

    const say = (state, href, text) => {
      if (!region) return;
      region.dataset.state = state;
      region.textContent = region.getAttribute(`data-${state}`) || "";
      if (!href) return;
      const link = document.createElement("a");
      link.href = href;
      link.textContent = text;
      region.append(" ", link);
    };
    const own = (field) => field.name && !/^(csrf_token|idempotency_key|version)$/.test(field.name)
      && !/^(file|submit|button|hidden)$/.test(field.type);
    const fields = () => Array.from(form.elements).filter(own);
    const choice = (field) => field.type === "checkbox" || field.type === "radio";
    const values = () => fields().map((field) => choice(field) ? field.checked : field.value);
    const keep = () => {
      try {
        sessionStorage.setItem(place, JSON.stringify({ version: version.value, values: values() }));
      } catch (full) { /* the server still gets it */ }
    };
    const forget = () => sessionStorage.removeItem(place);
    const later = () => { clearTimeout(timer); timer = setTimeout(save, wait); };

    function save() {
      clearTimeout(timer);
      timer = 0;
      if (flying) return flying.then(() => dirty && !stopped ? save() : !dirty);
      if (!dirty || stopped) return Promise.resolve(!dirty);
      const body = new FormData(form);
      body.set("idempotency_key", token());
      dirty = false;
      say("saving");
      const headers = { "X-Autosave": "1", Accept: "application/json" };
      flying = fetch(form.dataset.autosave, { method: "POST", body, headers, credentials: "same-origin", redirect: "manual", keepalive: document.hidden })
        .then(settle, () => failed("offline"))
        .then((done) => { flying = null; return done; });
      return flying;
    }
    function settle(answer) {
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        dirty = true;
        stopped = true;
        say("signed-out", location.href, region && region.dataset.signedOutLink);
        return false;
      }
      if (answer.status === 409) {
        dirty = true;
        stopped = true;
        return answer.json().then((told) => say("conflict", told.url, region && region.dataset.conflictLink), () => say("conflict"))
          .then(() => false);
      }
      if (!answer.ok) return failed("unsaved");
      return answer.json().then((told) => {
        version.value = told.version;
        wait = PAUSE;
        if (dirty) { keep(); later(); } else { forget(); say("saved"); }
        return true;
      }, () => failed("unsaved"));
    }
    function failed(state) {
      dirty = true;
      wait = Math.min(wait * 2, LONGEST_PAUSE);
      say(state);
      later();
      return false;
    }
    function changed(event) {
      if (!own(event.target)) return;
      dirty = true;
      keep();
      if (stopped) return;
      if (!flying) say("unsaved");
      // Further typing does not put a save off: one every few seconds, however long one writes.
      if (!timer) later();
    }
    function restore() {
      let kept = null;
      try { kept = JSON.parse(sessionStorage.getItem(place)); } catch (broken) { forget(); }
      if (!kept) return;
      if (JSON.stringify(kept.values) === JSON.stringify(values())) { forget(); return; }
      fields().forEach((field, index) => {
        if (choice(field)) field.checked = kept.values[index]; else field.value = kept.values[index];
      });
      // Written upon an older version, the server answers with both; nothing is overwritten either way.
      version.value = kept.version;
      dirty = true;
      save().then((done) => { if (done && region) region.textContent = region.dataset.restored; });
    }

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => {
      if (form.dataset.saved || (!dirty && !flying)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const pressed = event.submitter;
      save().then((done) => {
        if (!done) return;
        form.dataset.saved = "yes";
        if (pressed) pressed.click(); else form.submit();
        delete form.dataset.saved;
      });
    });
    window.addEventListener("online", () => { if (dirty && !stopped) save(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && dirty && !stopped) save(); });
    restore();
  };
  document.querySelectorAll("form[data-autosave]").forEach(watch);
})();
