// Which labels a person means by the few letters typed.

import { recall, remember } from "./remember.js";

/**
 * Labels that fit, best first: the whole name, its beginning, a word's beginning, anywhere, its initials, beginnings of its words
 * ("cpe", "capa" for card_payment_wrong_exchange_rate), or letters in order.
 */
export function matches(names, typed) {
  const wanted = folded(typed);
  if (!wanted) return [...names];
  return names
    .map((name, place) => ({ name, place, rank: rankOf(folded(name), wanted) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .map(({ name }) => name);
}

/** Case, accents and the marks between words do not matter. */
export function folded(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase()
    .replace(/[\s_\-/.]+/g, " ")
    .trim();
}

function rankOf(name, wanted) {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  const words = name.split(" ");
  const parts = wanted.split(" ");
  if (name.includes(` ${wanted}`)) return 2;
  if (parts.every((part) => words.some((word) => word.startsWith(part)))) return 3;
  if (name.includes(wanted)) return 4;
  if (words.map((word) => word[0]).join("").startsWith(wanted)) return 5;
  if (beginWords(words, wanted.replaceAll(" ", ""))) return 6;
  return wanted.length > 2 && inOrder(name, wanted) ? 7 : Infinity;
}

/** Whether the letters are beginnings of some of the words, in their order, the first word among them. */
function beginWords([first, ...rest], letters) {
  let reached = upTo(0, sharedStart(first, letters)).slice(1); // how many letters the words so far may stand for
  for (const word of rest) {
    reached = [...new Set(reached.flatMap((from) => upTo(from, sharedStart(word, letters.slice(from)))))];
  }
  return letters.length > 1 && reached.includes(letters.length);
}

function upTo(from, more) {
  return Array.from({ length: more + 1 }, (_, step) => from + step);
}

function sharedStart(word, letters) {
  let count = 0;
  while (count < letters.length && word[count] === letters[count]) count += 1;
  return count;
}

function inOrder(name, wanted) {
  let from = 0;
  for (const letter of wanted) {
    from = name.indexOf(letter, from) + 1;
    if (!from) return false;
  }
  return true;
}

/**
 * The nine labels offered under the digits. A label keeps its digit while it is among the nine last used: the hand must be able
 * to learn it. A new one takes a free place, else that of the label not used for longest.
 */
export class Recent {
  #key;
  #slots = [];
  #used = [];

  constructor(key, names, size = 9) {
    this.#key = key;
    this.size = size;
    const known = new Set(names);
    this.#slots = stored(`${key}:slots`).filter((name) => known.has(name)).slice(0, size);
    this.#used = stored(`${key}:used`).filter((name) => known.has(name));
  }

  get names() {
    return [...this.#slots];
  }

  use(name) {
    this.#used = [...this.#used.filter((other) => other !== name), name].slice(-this.size);
    if (!this.#slots.includes(name)) {
      if (this.#slots.length < this.size) this.#slots.push(name);
      else {
        const age = (slot) => this.#used.indexOf(slot); // -1 is the oldest
        const oldest = this.#slots.reduce((least, slot) => (age(slot) < age(least) ? slot : least));
        this.#slots[this.#slots.indexOf(oldest)] = name;
      }
    }
    remember(`${this.#key}:slots`, this.#slots);
    remember(`${this.#key}:used`, this.#used);
  }
}

function stored(key) {
  const value = recall(key);
  return Array.isArray(value) ? value : [];
}
