/* Brings the reader to what matters: the error summary when there is one, the field when its error is followed. */
(() => {
  "use strict";
  const seek = (within) => {
    const found = within.querySelector("[data-focus]");
    if (found) found.focus();
  };
  seek(document);
  document.addEventListener("htmx:afterSwap", (event) => seek(event.target));

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".error-summary a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    // The question is brought into view too, not only its box.
    (field.closest(".field") || field).scrollIntoView();
    field.focus({ preventScroll: true });
  });
})();
