// "Why skip?": up to nine reasons over the answers, each with its number as its key.

import { meant } from "./pressed_key.js";

export class SkipMenu {
  #panel;
  #covered;
  #before = null;
  #reasons;
  #skip;

  constructor({ panel, covered, skip }) {
    this.#panel = panel;
    this.#covered = covered;
    this.#skip = skip;
    this.#reasons = [...panel.querySelectorAll("[data-reason]")].map((button) => button.dataset.reason);
    panel.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.reason) this.#choose(button.dataset.reason);
      else if (button) this.close();
    });
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  open() {
    // After a click the focus is nobody's place: it would come back with a frame around it at the next key.
    const held = document.activeElement;
    this.#before = held !== document.body && held.matches(":focus-visible") ? held : null;
    this.#covered.inert = true; // it keeps its place: the item does not move
    this.#panel.hidden = false;
    this.#panel.querySelector("button").focus({ preventScroll: true });
  }

  close() {
    this.#panel.hidden = true;
    this.#covered.inert = false;
    if (this.#before) this.#before.focus({ preventScroll: true });
    else document.activeElement.blur();
  }

  key(event) {
    if (event.key === "Escape") this.close();
    const keys = "123456789".slice(0, this.#reasons.length);
    const reason = this.#reasons[Number(meant(event, (key) => keys.includes(key))) - 1];
    if (reason) this.#choose(reason);
    return event.key === "Escape" || Boolean(reason);
  }

  #choose(reason) {
    this.close();
    this.#skip(reason);
  }
}

export const SKIP_WORDS = { unclear: "unclear", broken: "broken", out_of_scope: "out of scope", unknown: "unknown pattern" };
