// What goes with an answer: "not sure", and a short comment. Kept in this browser until the answer is given; shown over the
// item's corner, where it takes no room from it.

const NOTHING = { doubt: false, comment: "" };

/** What was said with an answer: `given` of an entry, or what the server tells of one. */
export function remarkIn(given) {
  return given ? { doubt: Boolean(given.doubt), comment: given.comment ?? "" } : NOTHING;
}

/** What a request would say of a remark, where `before` stands with the answer already; {} for nothing. */
export function remarkBody(remark, before = NOTHING) {
  return remark.doubt || remark.comment || before.doubt || before.comment ? { doubt: remark.doubt, comment: remark.comment } : {};
}

/** In words, for lists and for those who hear the page; "" for nothing. */
export function remarkWords({ doubt, comment }) {
  return [doubt ? "not sure" : "", comment ? `“${comment}”` : ""].filter(Boolean).join(", ");
}

/**
 * `strip` shows it, `form` is where a comment is written, over `covered`. `drafts` keeps what goes with an answer that is not
 * given yet; `revise(entry, remark)` is called where one is; `closed()` when the form is gone.
 */
export class Remarks {
  #strip;
  #form;
  #covered;
  #drafts;
  #revise;
  #closed;
  #entry = null;

  constructor({ strip, form, covered, drafts, revise, closed }) {
    [this.#strip, this.#form, this.#covered] = [strip, form, covered];
    [this.#drafts, this.#revise, this.#closed] = [drafts, revise, closed];
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep();
    });
    // the keys of the page are letters: what is typed here is no command
    form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
    form.querySelector("[data-part=close]").addEventListener("click", () => this.close());
  }

  get isOpen() {
    return !this.#form.hidden;
  }

  /** What goes with the answer of an entry, given or not. */
  of(entry) {
    if (entry.given?.answer) return remarkIn(entry.given);
    return remarkIn(this.#drafts.of(entry.task.id) ?? entry.task.returned?.remark);
  }

  /** What stands with the answer that the server has. */
  before(entry) {
    return entry.given?.answer ? remarkIn(entry.given) : remarkIn(entry.task.returned?.remark);
  }

  /** The answer is given, and this with it. */
  given(entry) {
    this.#drafts.note(entry.task.id, null);
  }

  draw(entry) {
    if (this.isOpen && entry !== this.#entry) this.close();
    const { doubt, comment } = entry ? this.of(entry) : NOTHING;
    this.#strip.hidden = !doubt && !comment;
    this.#strip.querySelector("[data-command=doubt]").hidden = !doubt;
    this.#strip.querySelector("[data-command=comment]").hidden = !comment;
    this.#strip.querySelector("[data-text]").textContent = comment;
  }

  /** Says whether it is doubted now. */
  toggle(entry) {
    const { doubt, comment } = this.of(entry);
    this.#set(entry, { doubt: !doubt, comment });
    return !doubt;
  }

  open(entry) {
    this.#entry = entry;
    this.#covered.inert = true; // it keeps its place: the item does not move
    this.#form.hidden = false;
    const field = this.#form.elements.comment;
    field.value = this.of(entry).comment;
    field.focus({ preventScroll: true });
  }

  close() {
    this.#form.hidden = true;
    this.#covered.inert = false;
    this.#closed();
  }

  #keep() {
    const entry = this.#entry;
    const comment = this.#form.elements.comment.value.trim();
    const { doubt, comment: before } = this.of(entry);
    this.close();
    if (comment !== before) this.#set(entry, { doubt, comment });
  }

  #set(entry, remark) {
    if (entry.given?.answer) this.#revise(entry, remark);
    else this.#drafts.note(entry.task.id, remark);
    this.draw(entry);
  }
}
