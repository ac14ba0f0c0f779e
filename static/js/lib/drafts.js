// Half-made answers: kept in this browser until the question is answered, so that a reload loses no work.

const KEPT_MS = 7 * 24 * 3_600_000;

/** `store` is a `LocalStore`: written before the call returns, so that not even a reload in the same moment comes before it. */
export class Drafts {
  #store;
  #version;

  /** `version` is that of the label set: a draft made of other labels is none. */
  constructor(store, version) {
    this.#store = store;
    this.#version = version;
    for (const { seq, at } of store.kept()) if (Date.now() - at > KEPT_MS) store.remove(seq);
  }

  of(taskId) {
    const kept = this.#store.kept().find(({ seq }) => seq === taskId);
    return kept?.version === this.#version ? kept.answer : null;
  }

  /** Null: there is none any more. */
  note(taskId, answer) {
    if (answer === null) this.#store.remove(taskId);
    else this.#store.put({ seq: taskId, at: Date.now(), version: this.#version, answer });
  }
}
