// An answer pressed before its picture is there: kept and shown, and given once the picture has been seen.

const SEEN_MS = 300; // long enough to see what it is about to be given for, and to take it back

/** `give(entry, answer)`; `isReady()` is true when the picture is there; `words(answer)` says an answer. */
export class KeptAnswer {
  #strip;
  #words;
  #give;
  #isReady;
  #said;
  #kept = null;
  #timer = 0;

  constructor({ strip, give, isReady, words }) {
    this.#strip = strip;
    this.#said = strip.querySelector("[data-text]");
    this.#give = give;
    this.#isReady = isReady;
    this.#words = words;
  }

  /** Of one question and no other: the entry goes with it. A later press takes its place. */
  keep(entry, answer) {
    clearTimeout(this.#timer);
    this.#kept = { entry, answer };
    this.#show(`${this.#words(answer)}: given when the picture is there.`, true);
  }

  /** A press that cannot be kept leaves a word, not nothing. */
  refuse(words) {
    this.#show(words, false);
  }

  /** The picture is there: from now on it is seen. A sheet over it or another tab in front of it is not seeing. */
  pictureIsThere() {
    clearTimeout(this.#timer);
    if (!this.#kept) this.drop();
    else this.#timer = setTimeout(() => this.#seen(), SEEN_MS);
  }

  #seen() {
    if (!this.#kept || !this.#isReady()) return;
    if (document.visibilityState !== "visible" || document.querySelector("dialog[open]")) this.pictureIsThere();
    else {
      const { entry, answer } = this.#kept;
      this.drop();
      this.#give(entry, answer);
    }
  }

  /** Nothing is kept any more; true when something was. */
  drop() {
    clearTimeout(this.#timer);
    const kept = this.#kept;
    this.#kept = null;
    this.#strip.hidden = true;
    return Boolean(kept);
  }

  #show(words, revocable) {
    this.#said.textContent = words;
    this.#strip.querySelector("button").hidden = !revocable;
    this.#strip.hidden = false;
  }
}
