// Any number of labels an item: keys switch them on and off, Enter gives the answer.

import { ItemView } from "../lib/item_view.js";
import { labelBar } from "../lib/label_bar.js";
import { Workspace as Base } from "../lib/workspace.js";

export class Workspace extends Base {
  #give;
  #draft;
  #submit;
  #chips;
  #chosen = new Set();

  constructor(parts) {
    super(new ItemView(parts.stage, parts));
    this.bar = labelBar(parts, { choose: (label) => this.#toggle(label), several: true });
    this.#give = parts.give;
    this.#draft = parts.draft;
    this.#submit = parts.bar.querySelector("[data-submit]");
    this.#chips = parts.bar.querySelector("[data-part=chosen]");
    this.#submit.addEventListener("click", () => this.#send());
    this.#chips?.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-chip]");
      if (chip) this.#toggle(chip.dataset.chip);
    });
  }

  mark(answer) {
    this.#chosen = new Set(answer ? answer.labels : []);
    this.#draw();
  }

  suggest(answer) {
    this.bar.suggest(new Set(answer ? answer.labels : []));
  }

  key(event) {
    if (super.key(event)) return true;
    // Enter on a label's button would switch it; here it always gives the answer.
    if (event.key !== "Enter") return false;
    this.#send();
    return true;
  }

  words(answer) {
    return answer.labels.join(", ") || "none of these";
  }

  get shortcuts() {
    return [...super.shortcuts, [["Enter"], "give the chosen labels"]];
  }

  #toggle(label) {
    if (!this.#chosen.delete(label)) this.#chosen.add(label);
    this.#draw();
    this.#draft(this.#chosen.size ? { labels: [...this.#chosen] } : null);
  }

  #draw() {
    const n = this.#chosen.size;
    this.bar.mark(this.#chosen);
    const text = n ? `Give ${n} ${n === 1 ? "label" : "labels"}` : "None of these";
    this.#submit.querySelector("[data-text]").textContent = text;
    if (!this.#chips) return;
    const held = this.#chips.contains(document.activeElement);
    this.#chips.replaceChildren(...[...this.#chosen].map(chipOf));
    if (held) (this.#chips.lastElementChild ?? this.#submit).focus();
  }

  #send() {
    this.#give({ labels: [...this.#chosen].sort(byCodePoint) });
  }
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
