// Which of two is better: the key that points at one is the answer.

import { markSuggested } from "../lib/label_buttons.js";
import { PairView } from "../lib/pair_view.js";
import { meant } from "../lib/pressed_key.js";
import { isStacked, onStacking } from "../lib/viewport.js";
import { Workspace as Base } from "../lib/workspace.js";

const DIGITS = { 1: "left", 2: "right", 3: "tie", 4: "neither" };
const BESIDE = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "tie", ArrowDown: "neither" };
// Above one another, up and down point at the two: an arrow never means anything but what it points at.
const STACKED = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "left", ArrowDown: "right" };
const WORDS = { left: "left", right: "right", tie: "tie", neither: "neither" };
const STACKED_WORDS = { ...WORDS, left: "left (upper)", right: "right (lower)" };

export class Workspace extends Base {
  #root;
  #give;
  #buttons = [...document.querySelectorAll("[data-winner]")]; // two of them stand below what they pick

  constructor(parts) {
    super(new PairView(parts.stage, parts));
    this.#root = parts.bar;
    this.#give = parts.give;
    addEventListener("click", (event) => {
      const button = event.target.closest?.("[data-winner]");
      if (!button) return;
      // After a press by pointer, Space is for reading on, not for pressing again.
      if (event.detail) button.blur();
      // The second click of a double click would be about the next pair.
      if (event.detail > 1) return;
      this.#choose(button.dataset.winner);
    });
    onStacking(() => this.#nameKeys());
    this.#nameKeys();
  }

  mark(answer) {
    for (const button of this.#buttons) button.setAttribute("aria-pressed", String(button.dataset.winner === answer?.winner));
  }

  suggest(answer) {
    for (const button of this.#buttons) markSuggested(button, button.dataset.winner === answer?.winner);
  }

  key(event) {
    const winner = winnerOf(event);
    if (!winner) return false;
    this.#choose(winner);
    return true;
  }

  owns(event) {
    return Boolean(winnerOf(event));
  }

  words({ winner }) {
    return (isStacked() ? STACKED_WORDS : WORDS)[winner] ?? winner;
  }

  get shortcuts() {
    if (!isStacked()) {
      return [
        [["←", "1"], "The left one is better"],
        [["→", "2"], "The right one is better"],
        [["↑", "3"], "Tie: one is as good as the other"],
        [["↓", "4"], "Neither of the two will do"],
      ];
    }
    return [
      [["↑", "←", "1"], "The upper one is better"],
      [["↓", "→", "2"], "The lower one is better"],
      [["3"], "Tie: one is as good as the other"],
      [["4"], "Neither of the two will do"],
    ];
  }

  #choose(winner) {
    flash(this.#buttons.find((button) => button.dataset.winner === winner));
    this.#give({ winner });
  }

  /** The keys on the buttons are those that answer in the present arrangement. */
  #nameKeys() {
    const stacked = isStacked();
    const caps = { left: stacked ? "↑" : "←", right: stacked ? "↓" : "→", tie: stacked ? "3" : "↑", neither: stacked ? "4" : "↓" };
    for (const button of this.#buttons) button.querySelector("kbd").textContent = caps[button.dataset.winner];
    this.#root.dataset.stacked = stacked ? "yes" : "no";
  }
}

function winnerOf(event) {
  if (event.shiftKey) return undefined;
  const arrow = (isStacked() ? STACKED : BESIDE)[event.key];
  return arrow ?? DIGITS[meant(event, (key) => key in DIGITS)];
}

function flash(button) {
  button.classList.remove("is-given");
  requestAnimationFrame(() => button.classList.add("is-given"));
  setTimeout(() => button.classList.remove("is-given"), 160);
}
