/* Shortcuts of staff's pages, each with Ctrl and Alt, so that none is pressed by speaking or by typing (WCAG 2.1.4),
   and not where AltGr, which is both to some keyboards, writes a letter.

   Markup: aria-keyshortcuts="Control+Alt+S" on what is meant. It is given the focus; with data-press it is pressed, and
   the focus stays with what one writes. J and K go from card to card on the boards. a[data-keys] leads to the list of
   keys: a press, or "?" outside of fields, shows it in a dialog. "?" can be turned off there; a cookie remembers it. */
(() => {
  "use strict";
  const CARDS = ".board-card-head a, .card-title a";
  const OFF = "keys=off";
  const list = document.querySelector("a[data-keys]");
  const shown = (node) => node.getClientRects().length > 0;
  const isOff = () => document.cookie.split("; ").includes(OFF);
  const writes = (node) => node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName);

  /* The letter on the key (AZERTY, QWERTZ); the key's place where it writes no Latin one (Arabic, Cyrillic, Option). */
  const keyOf = ({ key, code }) => (/^[a-z0-9]$/i.test(key) ? key : code.replace(/^(Key|Digit)/, "")).toUpperCase();

  function turn(by) {
    const links = Array.from(document.querySelectorAll(CARDS)).filter(shown);
    const at = links.findIndex((link) => link.closest("li, article").contains(document.activeElement));
    const next = at < 0 && by < 0 ? links.length - 1 : (at + by + links.length) % links.length;
    if (links.length) links[next].focus();
    return links.length > 0;
  }

  function act(key) {
    if (key === "J" || key === "K") return turn(key === "J" ? 1 : -1);
    const meant = Array.from(document.querySelectorAll(`[aria-keyshortcuts="Control+Alt+${key}"]`)).find(shown);
    if (!meant) return false;
    if ("press" in meant.dataset) meant.click(); else meant.focus();
    return true;
  }

  /* The button that turns "?" off and on; there is none without this script. */
  function offer(within) {
    const button = within.querySelector("[data-keys-off]");
    if (!button) return;
    const say = () => { button.firstElementChild.textContent = isOff() ? button.dataset.on : button.dataset.off; };
    button.hidden = false;
    button.addEventListener("click", () => {
      document.cookie = `keys=${isOff() ? "on" : "off"}; path=/; max-age=31536000; samesite=lax; secure`;
      say();
    });
    say();
  }

  function show() {
    const opener = document.activeElement;
    if (document.querySelector("dialog[open]")) return;
    fetch(list.href, { credentials: "same-origin", headers: { "HX-Request": "true" } }).then((answer) => {
      if (!answer.ok || answer.redirected || !window.HTMLDialogElement) throw answer;
      return answer.text();
    }).then((html) => {
      const dialog = document.createElement("dialog"), close = document.createElement("form");
      dialog.setAttribute("aria-label", list.textContent);
      dialog.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
      close.method = "dialog";
      close.append(dialog.querySelector("[data-close]"));
      close.firstChild.hidden = false;
      dialog.prepend(close);
      offer(dialog);
      // Also where the browser gives the focus back by itself: the opener may have left the page meanwhile.
      dialog.addEventListener("close", () => { dialog.remove(); (opener.isConnected ? opener : list).focus(); });
      document.body.append(dialog);
      dialog.showModal();
    }).catch(() => { location.href = list.href; });
  }

  document.addEventListener("keydown", (event) => {
    const altGraph = event.getModifierState && event.getModifierState("AltGraph");
    if (event.ctrlKey && event.altKey && !altGraph) {
      if (act(keyOf(event))) event.preventDefault();
    } else if (/^[?\u061f\uff1f]$/.test(event.key) && list && !event.ctrlKey && !event.metaKey && !isOff() && !writes(event.target)) {
      event.preventDefault();
      show();
    }
  });
  if (list) list.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show();
  });
  offer(document);
})();
