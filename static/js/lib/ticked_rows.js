// A list of ticked rows by keys: j and k move from row to row, x ticks, one box ticks all.

import { isForPage } from "./quiet_keys.js";

/** For a form with boxes called `item` and one marked `data-all`. */
export function tickRows(form) {
  const boxes = [...form.querySelectorAll("input[name=item]")];
  const all = form.querySelector("[data-all]");

  function move(by) {
    const at = boxes.indexOf(document.activeElement);
    const next = boxes[Math.min(boxes.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.closest("tr").scrollIntoView({ block: "nearest" });
  }

  function count() {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    x: () => boxes.includes(document.activeElement) && document.activeElement.click(),
  };

  addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || !isForPage(event)) return;
    KEYS[event.key]();
    event.preventDefault();
  });
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  if (all) form.addEventListener("change", count);
}
