/* Passkeys: shows a [data-passkey] part where the browser knows them and the page is of the host that they belong to,
   asks the server for its question when the part's button is pressed, and sends the form with the device's answer.

   Markup: identity/_passkey.html. data-passkey: "create" or "get"; data-question: the address that is posted to;
   data-host: the passkeys' host; data-failed: what to say. [data-no-passkey] is what else the page says. */
(() => {
  "use strict";
  if (!window.PublicKeyCredential || !window.fetch) return;
  const HELD = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

  const question = (asked) => {
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    (asked.allowCredentials || asked.excludeCredentials || []).forEach((one) => { one.id = bytes(one.id); });
    return { publicKey: asked };
  };
  const answer = (made) => {
    const response = {};
    HELD.forEach((name) => { if (made.response[name]) response[name] = text(made.response[name]); });
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
  };

  const show = (within) => within.querySelectorAll("[data-passkey]").forEach((part) => {
    const host = part.dataset.host;
    if (location.hostname !== host && !location.hostname.endsWith("." + host)) return;
    part.hidden = false;
    document.querySelectorAll("[data-no-passkey]").forEach((other) => { other.hidden = true; });
  });

  document.addEventListener("click", (event) => {
    const part = event.target.closest("[data-passkey] button") && event.target.closest("[data-passkey]");
    if (!part) return;
    const form = part.closest("form"), said = part.querySelector("[role=status]");
    said.textContent = "";
    const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
    fetch(part.dataset.question, { method: "POST", credentials: "same-origin", body }).then((reply) => {
      // Something else is asked for first, or somebody has signed out: the page says what.
      if (!reply.ok) return location.reload();
      return reply.json().then((asked) => navigator.credentials[part.dataset.passkey](question(asked))).then((made) => {
        part.querySelector("input").value = answer(made);
        form.requestSubmit ? form.requestSubmit() : form.submit();
      });
    }).catch(() => { said.textContent = part.dataset.failed; });
  });

  show(document);
  document.addEventListener("htmx:afterSwap", (event) => show(event.target));
})();
