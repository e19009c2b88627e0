/* Brings the reader to what matters, by focus and by voice, and loses neither when a part of the page is replaced.

   The error summary ([data-focus]) has the focus when there is one; its links lead to the field, question and all. A
   part that comes with a heading of its own (h1) gives it the focus. Whoever stood in a part that was replaced stands
   where they stood: on the same id, address or button, else at the part's beginning. Escape closes a menu (a details
   in a nav) or a dialog (details.dialog), and goes back to what opened it.
   [data-tells] in a part that renews itself is said by the [data-teller] beside it when its words have changed. Where
   [data-tells-each] are new, they are said instead, up to three: who came says more than how many there are. */
(() => {
  "use strict";
  const teller = document.querySelector("[data-teller]");
  const told = () => { const found = document.querySelector("[data-tells]"); return found ? found.textContent.trim() : ""; };
  const each = () => Array.from(document.querySelectorAll("[data-tells-each]"), (one) => one.textContent.trim());
  let said = told(), known = each(), stood = null;

  const go = (node) => { if (node.tabIndex < 0) node.tabIndex = -1; node.focus(); };
  const seek = (within) => {
    const found = within.querySelector("[data-focus]") || within !== document && within.querySelector("h1");
    if (found) go(found);
    return found;
  };
  const alike = (part) => Array.from(part.querySelectorAll("a, button, input, select, textarea, summary"))
    .find((node) => node.tagName === stood.tagName && ["id", "href", "name", "value", "aria-label", "formaction"]
      .every((name) => node.getAttribute(name) === stood.getAttribute(name)) && node.textContent === stood.textContent);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const at = document.activeElement;
    stood = event.detail.shouldSwap && at !== document.body && event.detail.target.contains(at) ? at : null;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const part = event.target;
    if (!seek(part) && stood && !stood.isConnected && !part.contains(document.activeElement)) go(alike(part) || part);
    stood = null;
    const now = told(), all = each(), came = all.filter((one) => !known.includes(one));
    const news = came.length && came.length < 4 ? came.join(" ") : came.length || now !== said ? now : "";
    if (teller && news) teller.textContent = news;
    said = now;
    known = all;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("nav details[open], .dialog[open]");
    if (!menu) return;
    menu.open = false;
    menu.firstElementChild.focus();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".error-summary a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    // The question is brought into view too, not only its box.
    (field.closest(".field") || field).scrollIntoView();
    field.focus({ preventScroll: true });
  });
  seek(document);
})();
