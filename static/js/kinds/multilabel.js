// Any number of labels an item: keys switch them on and off, Enter gives the answer.

import { labelButtons } from "../lib/label_buttons.js";
import { labelPicker } from "../lib/label_picker.js";

export function answers({ root, labels, storageKey, give, changed }) {
  const submit = root.querySelector("[data-submit]");
  const words = submit.querySelector("[data-text]");
  const chips = root.querySelector("[data-part=chosen]");
  let chosen = new Set();

  const make = root.querySelector("[role=combobox]") ? labelPicker : labelButtons;
  const bar = make({ root, labels, storageKey, several: true, choose: toggle });
  submit.addEventListener("click", send);
  chips?.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-chip]");
    if (chip) toggle(chip.dataset.chip);
  });

  function toggle(label) {
    if (!chosen.delete(label)) chosen.add(label);
    draw();
    changed();
  }

  function draw() {
    bar.mark(chosen);
    words.textContent = chosen.size ? `Give ${chosen.size} ${chosen.size === 1 ? "label" : "labels"}` : "None of these";
    if (!chips) return;
    const held = chips.contains(document.activeElement);
    chips.replaceChildren(...[...chosen].map(chipOf));
    if (held) (chips.lastElementChild ?? submit).focus();
  }

  function send() {
    give({ labels: [...chosen].sort(byCodePoint) });
  }

  return {
    bar,
    show(answer) {
      chosen = new Set(answer ? answer.labels : []);
      draw();
    },
    key(event) {
      if (bar.key(event)) return true;
      // Enter on a label's button would switch it; here it always gives the answer.
      if (event.key !== "Enter") return false;
      send();
      return true;
    },
    /** What is chosen but not given yet; it is there again when the question is. */
    draft: () => (chosen.size ? { labels: [...chosen] } : null),
    words: (answer) => answer.labels.join(", ") || "none of these",
    shortcuts: [...bar.shortcuts, [["Enter"], "give the chosen labels"]],
  };
}

function chipOf(name) {
  const chip = document.createElement("button");
  chip.type = "button";
  chip.className = "chip";
  chip.dataset.chip = name;
  chip.textContent = name;
  chip.setAttribute("aria-label", `Remove ${name}`);
  return chip;
}

/** As the server sorts: by code point, whatever the language of the browser. */
function byCodePoint(a, b) {
  const [left, right] = [[...a], [...b]];
  for (let place = 0; place < Math.min(left.length, right.length); place += 1) {
    const difference = left[place].codePointAt(0) - right[place].codePointAt(0);
    if (difference) return difference;
  }
  return left.length - right.length;
}
