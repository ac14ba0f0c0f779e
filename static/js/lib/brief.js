// What a pair is judged for: the context's words, purpose, facts and picture. Its first lines are always in sight.

import { valueOf } from "./item_view.js";

const HEADLINE = 160; // characters up to which a context is set as a headline

export class Brief {
  #root;
  #parts = {};
  #more;
  #shown = "";

  constructor(root) {
    this.#root = root;
    for (const part of ["purpose", "words", "facts", "picture"]) this.#parts[part] = root.querySelector(`[data-part=${part}]`);
    this.#more = root.querySelector("[data-part=more]");
    this.#more.addEventListener("click", () => this.toggle());
    this.#parts.picture.addEventListener("click", () => this.toggle());
    new ResizeObserver(() => this.#measure()).observe(root);
  }

  /** `picture` is null or one that is ready. */
  show(context, picture) {
    const key = JSON.stringify(context);
    const { purpose, words, facts, picture: frame } = this.#parts;
    if (key !== this.#shown) {
      this.#shown = key;
      this.#fold(false);
      purpose.hidden = !context.purpose;
      purpose.textContent = context.purpose;
      words.hidden = !context.text;
      words.textContent = context.text;
      words.classList.toggle("brief__words--long", context.text.length > HEADLINE);
      facts.hidden = !context.facts.length;
      facts.replaceChildren(...context.facts.map(factOf));
      frame.replaceChildren();
    }
    // The place is held from the start: nothing moves when the picture comes.
    frame.hidden = !context.image;
    if (picture && frame.firstChild !== picture.element) {
      picture.element.className = "brief__image";
      picture.element.alt = "The picture of the context";
      frame.replaceChildren(picture.element);
    }
    this.#measure();
  }

  /** False when there is nothing more to unfold. */
  toggle() {
    if (this.#more.hidden) return false;
    this.#fold(!this.#root.classList.contains("is-open"));
    return true;
  }

  #fold(open) {
    this.#root.classList.toggle("is-open", open);
    this.#more.setAttribute("aria-expanded", String(open));
    this.#more.querySelector("[data-text]").textContent = open ? "Less" : "More";
    if (!open) this.#root.querySelector("[data-part=brief]").scrollTop = 0;
  }

  #measure() {
    if (this.#root.classList.contains("is-open")) return;
    const { purpose, words, facts, picture } = this.#parts;
    // cut off, or left out where the page is low
    const isCut = (part) => part.scrollHeight > part.clientHeight + 1 || !part.getClientRects().length;
    const cut = [purpose, words, facts].some((part) => !part.hidden && isCut(part));
    this.#more.hidden = !cut && picture.hidden;
  }
}

/** The context in words, for those who do not see it. */
export function contextWords({ text, purpose, facts, image }) {
  const said = [purpose, text, ...facts.map(([name, value]) => `${name}: ${valueOf(value)}`)].filter(Boolean);
  return [...said.map(sentence), image ? "The context has a picture." : ""].join(" ").trim();
}

function sentence(words) {
  return /[.!?…]$/.test(words) ? words : `${words}.`;
}

function factOf([name, value]) {
  const fact = document.createElement("div");
  const term = document.createElement("dt");
  const said = document.createElement("dd");
  term.textContent = name;
  said.textContent = valueOf(value);
  said.dir = "auto";
  fact.append(term, said);
  return fact;
}
