/* Saves a form by itself while one types, so that no word is lost: not to a crash, a thin link, a session that ended
   or a second tab.

   Markup: ui.form(autosave={"url", "key", "version"}) and {{ assets.script(csp_nonce, "js/autosave.js") }}.
   Request: POST of the whole form to the url, with X-Autosave: 1, Accept: application/json and a fresh
   idempotency_key; `version` is the one that the text was written upon.
   Answers: 200 {"version": n} · 409 {"url": "…"}, the page that shows both versions · 401, 403 or a redirect: signed
   out · all else: tried again. A text that the record already holds is no conflict, whatever its version: 200 with
   the version that holds it. On this rests the case in which the answer, and not the request, was lost: the same
   text is sent again before any newer one.
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
    const own = (field) => field.name && !/^(csrf_token|idempotency_key|version)$/.test(field.name)
      && !/^(file|submit|button|hidden)$/.test(field.type);
    const fields = () => Array.from(form.elements).filter(own);
    const choice = (field) => field.type === "checkbox" || field.type === "radio";
    const values = () => fields().map((field) => choice(field) ? field.checked : field.value);
    const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

    let held = values(); // what the server has
    let pending = null; // what was sent and not yet answered
    let timer = 0, wait = PAUSE, flying = null, stopped = false;

    const dirty = () => pending !== null || !same(values(), held);
    const later = () => { clearTimeout(timer); timer = setTimeout(save, wait); };
    const forget = () => sessionStorage.removeItem(place);
    const keep = () => {
      try {
        sessionStorage.setItem(place, JSON.stringify({ version: version.value, values: values(), pending }));
      } catch (full) { /* the server still gets it */ }
    };
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
    const bodyOf = (written) => {
      const body = new FormData(form), listed = fields();
      listed.forEach((field) => body.delete(field.name));
      listed.forEach((field, index) => {
        if (!choice(field)) body.append(field.name, written[index]);
        else if (written[index]) body.append(field.name, field.value);
      });
      body.set("idempotency_key", token());
      return body;
    };

    /* Resolves to "done" (the server has all), "more" (one has typed on) or "stuck". */
    function save() {
      clearTimeout(timer);
      timer = 0;
      if (flying) return flying;
      if (stopped) return Promise.resolve("stuck");
      if (!dirty()) return Promise.resolve("done");
      pending = pending || values();
      keep();
      say("saving");
      flying = fetch(form.dataset.autosave, {
        method: "POST", body: bodyOf(pending), headers: { "X-Autosave": "1", Accept: "application/json" },
        credentials: "same-origin", redirect: "manual", keepalive: document.hidden,
      }).then(settle).catch(() => again("offline")).then((outcome) => { flying = null; return outcome; });
      return flying;
    }
    function settle(answer) {
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        return stop("signed-out", location.href, "signedOutLink");
      }
      if (answer.status === 409) return answer.json().then((told) => stop("conflict", told.url, "conflictLink"));
      if (!answer.ok) {
        if (answer.status < 500) pending = null; // refused for good: nothing of it was stored
        return again("unsaved");
      }
      return answer.json().then((told) => {
        version.value = told.version;
        held = pending;
        pending = null;
        wait = PAUSE;
        if (dirty()) { keep(); later(); return "more"; }
        forget();
        say("saved");
        return "done";
      });
    }
    function stop(state, href, link) {
      stopped = true;
      say(state, href, region && region.dataset[link]);
      return "stuck";
    }
    function again(state) {
      wait = Math.min(wait * 2, LONGEST_PAUSE);
      say(state);
      later();
      return "stuck";
    }
    function changed(event) {
      if (!own(event.target)) return;
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
      if (same(kept.values, values())) { forget(); return; }
      fields().forEach((field, index) => {
        if (choice(field)) field.checked = kept.values[index]; else field.value = kept.values[index];
      });
      // Written upon an older version, the server answers with both; nothing is overwritten either way.
      version.value = kept.version;
      pending = kept.pending;
      const finish = (outcome) => outcome === "more" ? save().then(finish) : outcome;
      save().then(finish).then((outcome) => {
        if (outcome === "done" && region) region.textContent = region.dataset.restored;
      });
    }

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => {
      if (form.dataset.saved || !dirty()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const pressed = event.submitter;
      const send = (outcome) => {
        if (outcome === "more") { save().then(send); return; }
        if (outcome !== "done") return;
        form.dataset.saved = "yes";
        if (pressed) pressed.click(); else form.submit();
        delete form.dataset.saved;
      };
      save().then(send);
    });
    window.addEventListener("online", () => { if (dirty()) save(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && dirty()) save(); });
    // Before the screen locks (lock.js): what is typed is saved while it may be.
    document.addEventListener("portal:save", (event) => event.detail.push(save()));
    restore();
  };
  document.querySelectorAll("form[data-autosave]").forEach(watch);
})();
