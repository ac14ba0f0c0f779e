// Two long texts that scroll together: at the same share of their way, so that both end together.

import { recall, remember } from "./remember.js";

export class InStep {
  #one;
  #other;
  #button;
  #key;
  #on;
  #set = new Map(); // where we ourselves moved a box to: its scroll event is not a person's

  /** `key` is where the choice is remembered, `otherwise` what holds before there was one. */
  constructor(one, other, { button, key, otherwise }) {
    [this.#one, this.#other, this.#button, this.#key] = [one, other, button, key];
    this.#on = recall(key) ?? otherwise;
    one.addEventListener("scroll", () => this.#follow(one, other), { passive: true });
    other.addEventListener("scroll", () => this.#follow(other, one), { passive: true });
    button.addEventListener("click", () => this.toggle());
    this.measure();
  }

  get on() {
    return this.#on;
  }

  get isOffered() {
    return !this.#button.hidden;
  }

  toggle() {
    this.#on = !this.#on;
    remember(this.#key, this.#on);
    this.measure();
    if (this.#on) this.#follow(this.#one, this.#other);
  }

  /** The choice is offered where it changes something: where both have more than they show. */
  measure() {
    this.#button.hidden = !(roomOf(this.#one) && roomOf(this.#other));
    this.#button.setAttribute("aria-pressed", String(this.#on));
  }

  top() {
    for (const box of [this.#one, this.#other]) {
      box.scrollTop = 0;
      this.#set.set(box, 0);
    }
  }

  #follow(from, to) {
    const own = this.#set.get(from) === from.scrollTop;
    this.#set.delete(from);
    if (own || !this.#on || !roomOf(from)) return;
    to.scrollTop = (from.scrollTop / roomOf(from)) * roomOf(to);
    this.#set.set(to, to.scrollTop);
  }
}

/** Pixels a box can be scrolled. */
export function roomOf(box) {
  const room = box.scrollHeight - box.clientHeight;
  return room > 1 ? room : 0;
}
