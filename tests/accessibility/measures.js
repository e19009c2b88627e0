/* What a test asks of an open page. Each function returns one line for each thing that is wrong. */
(() => {
  const named = (node) => `<${node.tagName.toLowerCase()} ${node.id ? "#" + node.id : "." + node.className}> `
    + (node.innerText || node.value || node.getAttribute("aria-label") || "").trim().slice(0, 40).replace(/\s+/g, " ");
  const shown = (node) => node.getClientRects().length && node.checkVisibility({ visibilityProperty: true });
  /* What the page would say of each thing that can be opened. */
  const open = () => document.querySelectorAll("details").forEach((node) => { node.open = true; });
  const offScreen = (node) => node.closest(".visually-hidden, .skip-link:not(:focus), [hidden]") !== null
    || node.closest(".table thead") !== null && getComputedStyle(node.closest("thead")).position === "absolute";
  const scrolls = (node) => {
    for (let at = node.parentElement; at && at !== document.documentElement; at = at.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
    }
    return false;
  };
  const all = () => Array.from(document.body.querySelectorAll("*"));

  /* 1.4.10: nothing has to be scrolled to and fro, and nothing stands beside the page. */
  const wide = () => {
    const width = document.documentElement.clientWidth;
    const beyond = document.documentElement.scrollWidth > width ? ["the page is wider than the screen"] : [];
    return beyond.concat(all().filter((node) => {
      /* First what costs little: nearly everything stands within the page. */
      const box = node.getBoundingClientRect();
      if (!box.width || (box.right <= width + 1 && box.left >= -1)) return false;
      return shown(node) && !offScreen(node) && !node.closest("svg") && !scrolls(node);
    }).map(named));
  };

  /* 1.4.4, 1.4.12: no words behind an edge. */
  const cut = () => all().filter((node) => {
    const wider = node.scrollWidth > node.clientWidth + 1, higher = node.scrollHeight > node.clientHeight + 1;
    if (!(wider || higher) || !shown(node) || offScreen(node)) return false;
    if (/^(VIDEO|PROGRESS|METER|TEXTAREA|INPUT|SELECT|svg|IMG)$/.test(node.tagName)) return false;
    const style = getComputedStyle(node);
    const hides = (name) => /hidden|clip/.test(style[name]);
    return wider && hides("overflowX") || higher && hides("overflowY");
  }).map(named);

  /* Words that stand one or two letters to a line: what is beside them left them no room. */
  const squeezed = () => {
    const found = new Set(), range = document.createRange();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const length = text.data.trim().length, node = text.parentElement;
      if (length < 4 || !shown(node) || offScreen(node) || node.closest("svg, script, style, select, textarea")) continue;
      range.selectNodeContents(text);
      const lines = new Set(Array.from(range.getClientRects()).filter((box) => box.width).map((box) => Math.round(box.top)));
      if (lines.size > 2 && length / lines.size < 3) found.add(named(node));
    }
    return Array.from(found);
  };

  const TARGETS = "a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex='0']";
  /* A link among other words: its height is that of the sentence. */
  const inText = (node) => {
    if (node.tagName !== "A" || getComputedStyle(node).display !== "inline") return false;
    let block = node.parentElement;
    while (/inline/.test(getComputedStyle(block).display)) block = block.parentElement;
    return block.innerText.trim().length > node.innerText.trim().length;
  };
  /* A box or a ring is pressed by its label too. */
  const boxOf = (node) => {
    const label = /radio|checkbox/.test(node.type) && node.labels && node.labels[0];
    return (label || node).getBoundingClientRect();
  };
  const lower = (box, least) => box.height < least - 0.5 || box.width < least - 0.5;
  /* The exception of 2.5.8: a circle of 24 px around its middle meets no other target, nor the circle of a small one. */
  const hasRoom = (box, others) => others.every((other) => {
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (lower(other, 24)) return Math.hypot(other.left + other.width / 2 - x, other.top + other.height / 2 - y) >= 24;
    const aside = Math.max(other.left - x, 0, x - other.right), above = Math.max(other.top - y, 0, y - other.bottom);
    return Math.hypot(aside, above) >= 12;
  });
  /* 2.5.5 (44 px) or 2.5.8 (24 px) where a thing stands alone, 24 px of line in a sentence. `spaced` allows the
     exception for what has room around it. */
  const small = (least, spaced) => {
    const targets = Array.from(document.querySelectorAll(TARGETS))
      .filter((node) => shown(node) && !offScreen(node) && !node.disabled);
    return targets.filter((node) => {
      const box = boxOf(node), lines = Array.from(node.getClientRects());
      /* Large enough either way: whether it stands in a sentence, which costs much to ask, does not matter. */
      if (!lower(box, least) && lines.every((line) => line.height >= 23.5)) return false;
      if (inText(node)) return lines.some((line) => line.height < 23.5);
      return lower(box, least)
        && !(spaced && hasRoom(box, targets.filter((other) => other !== node).map(boxOf)));
    }).map((node) => `${named(node)} ${Math.round(boxOf(node).width)}×${Math.round(boxOf(node).height)}`);
  };

  /* 2.3.3: what moves by itself or takes its time. */
  const moving = () => document.getAnimations().map((one) => named(one.effect.target)).concat(
    Array.from(document.querySelectorAll("*")).filter((node) => [null, "::before", "::after"].some((part) => {
      const style = getComputedStyle(node, part);
      return [style.transitionDuration, style.animationDuration]
        .some((time) => time.split(",").some((one) => parseFloat(one) > 0));
    })).map(named));

  window.measures = { open, wide, cut, squeezed, small, moving };
})();
