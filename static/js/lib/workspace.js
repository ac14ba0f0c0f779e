// What the page of questions talks to: the question on the stage and the bar of its answers, as one.

const LEAST_SHARE = 0.35; // of the page, the item's

const NO_BAR = {
  takesText: false, isEmpty: true, field: null, shortcuts: [], focus() {}, mark() {}, suggest() {}, key: () => false,
};

/**
 * The base of what every kind's script exports as `Workspace`. The page makes it with `{stage, bar, labels, keys, storageKey,
 * give, draft, ready}`: the two elements, the labels with their keys, the keys of the page by command, where it may remember
 * something; `give(answer)` gives an answer, `draft(answer)` notes a half-made one (null: nothing yet), and `ready()` says that
 * pictures which were still loading are there.
 */
export class Workspace {
  /** `view` shows the question: `show(task, pictures)`, `clear()`, `isReady`, `isLoading`, `words`, `key(event)`, `zoom`. */
  constructor(view, bar = NO_BAR) {
    this.view = view;
    this.bar = bar;
  }

  // ---- the question ----

  show(task, pictures) {
    this.view.show(task, pictures);
  }

  clear() {
    this.view.clear();
  }

  /** False while there is nothing to judge: an answer given now would be about something nobody has seen. */
  get isReady() {
    return this.view.isReady;
  }

  get isLoading() {
    return this.view.isLoading;
  }

  /** The question in words, for those who do not see it. */
  get question() {
    return this.view.words;
  }

  get zoom() {
    return this.view.zoom;
  }

  /** Lines of the sheet of keys about looking closer; undefined for those that any item has. */
  get looking() {
    return this.view.looking;
  }

  /** A key that looks closer or reads on; true when it did. */
  look(event) {
    return this.view.key(event);
  }

  /** Labels get the room that the item leaves, at least a third of the page staying the item's. */
  fit() {
    this.bar.fit?.(Math.min(this.view.spare, this.view.height - innerHeight * LEAST_SHARE));
  }

  // ---- the answer ----

  /** Shows an answer, a half-made one too; null for none. */
  mark(answer) {
    this.bar.mark(answer);
  }

  /** Marks what a machine suggests, which nobody has chosen; null for nothing. */
  suggest(answer) {
    this.bar.suggest(answer);
  }

  /** A key that answers; true when it did. */
  key(event) {
    return this.bar.key(event);
  }

  /** Whether a key that is held down stays one that answers, and is no command of the page. */
  owns() {
    return false;
  }

  /** An answer in words. */
  words(answer) {
    return JSON.stringify(answer);
  }

  get shortcuts() {
    return this.bar.shortcuts;
  }
}
