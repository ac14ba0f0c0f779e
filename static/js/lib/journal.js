// What this tab did in the last minute, written down at once: a reload may overtake the browser's disk and the server.
//
// Two things can cross a reload. The page may be made by the server just before an answer arrives there, and opened just after
// the answer left the outbox: then the page would ask again. And the entry may not be on the disk yet: then it would be lost.

const KEPT_MS = 60_000;
const RECOVERED_MS = 10_000; // older ones were written long ago, and may have been changed since by another tab
const MOST = 60;

/** Entries of one tab by key, each `pending`, `done` (the server has it) or `off` (refused, or thrown away). */
export class Journal {
  #name;
  #notes;

  constructor(name) {
    this.#name = name;
    this.#notes = this.#read();
  }

  note(entry, state) {
    this.#notes.delete(entry.key);
    this.#notes.set(entry.key, { entry, state });
    this.#write();
  }

  /** Entries that may never have reached the disk, oldest first. */
  get pending() {
    return this.#in("pending").filter(({ at }) => at > Date.now() - RECOVERED_MS);
  }

  /** Entries the server acknowledged, oldest first. */
  get done() {
    return this.#in("done");
  }

  #in(state) {
    return [...this.#notes.values()].filter((note) => note.state === state).map((note) => note.entry);
  }

  #read() {
    try {
      const notes = JSON.parse(sessionStorage.getItem(this.#name)) ?? [];
      const since = Date.now() - KEPT_MS;
      return new Map(notes.filter(({ entry }) => entry.at > since).map((note) => [note.entry.key, note]));
    } catch {
      return new Map();
    }
  }

  #write() {
    const settled = [...this.#notes.values()].filter(({ state }) => state !== "pending");
    for (const { entry } of settled.slice(0, Math.max(0, this.#notes.size - MOST))) this.#notes.delete(entry.key);
    try {
      sessionStorage.setItem(this.#name, JSON.stringify([...this.#notes.values()]));
    } catch {
      // no storage: the disk and the server are quick as a rule
    }
  }
}
