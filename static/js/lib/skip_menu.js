// "Why skip?": three reasons in the place of the answers.

const REASONS = ["unclear", "broken", "out_of_scope"];

export class SkipMenu {
  #panel;
  #covered;
  #before = null;
  #skip;

  constructor({ panel, covered, skip }) {
    this.#panel = panel;
    this.#covered = covered;
    this.#skip = skip;
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
    this.#before = document.activeElement;
    this.#covered.hidden = true;
    this.#panel.hidden = false;
    this.#panel.querySelector("button").focus({ preventScroll: true });
  }

  close() {
    this.#panel.hidden = true;
    this.#covered.hidden = false;
    this.#before?.focus?.({ preventScroll: true });
  }

  key(event) {
    if (event.key === "Escape") this.close();
    const reason = REASONS[Number(event.key) - 1] ?? REASONS[Number(/^Digit(\d)$/.exec(event.code)?.[1]) - 1];
    if (reason) this.#choose(reason);
    return event.key === "Escape" || Boolean(reason);
  }

  #choose(reason) {
    this.close();
    this.#skip(reason);
  }
}

export const SKIP_WORDS = { unclear: "unclear", broken: "broken", out_of_scope: "out of scope" };
