// Every answer goes in here first, is kept in the browser, and is sent in order until the server has acknowledged it.

const BACKOFF_MS = [300, 600, 1_200, 2_500, 5_000, 10_000, 15_000];
const SIGNED_OUT_MS = 5_000;
const BUSY_MS = 400;

/**
 * An entry is `{key, seq, at, task, op: "answer"|"skip"|"take_back", body, question}`, and has `refused: {code, reason}` once
 * the server said no. `deliver(entries)` resolves to what became of the first so many of them, one at least, in order:
 * `{kind: "done"|"retry"|"signed-out"|"other-user"|"refused", …}`.
 */
export class Outbox {
  #store;
  #deliver;
  #lock;
  #changed;
  #channel;
  #journal;
  #own = new Map(); // entries of this tab whose write is not confirmed yet, by key
  #kept = []; // what the store holds, as last read
  #gone = new Set(); // keys this tab has seen off: a slower read must not bring them back
  #timer = 0;
  #tries = 0;
  #draining = false;
  #again = false;

  status = "idle"; // idle, sending, waiting, signed-out, other-user
  otherUser = undefined;
  trouble = ""; // why it waits, in words
  storageFails = false;

  constructor({ store, deliver, lock, channel, changed, journal }) {
    this.#store = store;
    this.#deliver = deliver;
    this.#lock = lock;
    this.#channel = channel;
    this.#changed = changed;
    this.#journal = journal;
  }

  /** Entries on their way, oldest first. */
  get unsent() {
    const kept = this.#kept.filter((entry) => !entry.refused);
    const keys = new Set(kept.map((entry) => entry.key));
    return [...kept, ...[...this.#own.values()].filter((entry) => !keys.has(entry.key))];
  }

  /** Entries the server would not take: kept until the person has seen them. */
  get refused() {
    return this.#kept.filter((entry) => entry.refused);
  }

  /** Tasks whose answer the server may not know yet. */
  get tasks() {
    return new Set(this.unsent.map((entry) => entry.task));
  }

  /** True when leaving now would leave something behind for longer than a blink. */
  get mustWait() {
    const oldest = this.unsent[0];
    return Boolean(oldest) && (this.storageFails || this.status !== "sending" || Date.now() - oldest.at > 1_000);
  }

  async start() {
    await this.#read();
    await this.#recover();
    this.#changed();
    this.wake();
  }

  /** Entries of the last minute that a reload took before they were on the disk. Sent twice they are the same answer. */
  async #recover() {
    const keys = new Set(this.#kept.map((entry) => entry.key));
    for (const { seq, ...entry } of this.#journal.pending) {
      if (!keys.has(entry.key)) await this.#keep(entry);
    }
  }

  /** Keeps an entry and begins to send it. Resolves when the browser has it on its disk. */
  async add(entry) {
    const at = Date.now();
    const kept = { ...entry, at, key: `${at}-${Math.random().toString(36).slice(2)}` };
    this.#journal.note(kept, "pending");
    if (this.status === "idle") this.status = "sending";
    const written = this.#keep(kept);
    this.#changed();
    await written;
    this.#channel?.postMessage({ type: "outbox" });
    if (!this.#timer) this.#drain();
  }

  async #keep(kept) {
    this.#own.set(kept.key, kept);
    try {
      const seq = await this.#store.add(kept);
      if (this.#gone.has(kept.key)) await this.#store.remove(seq);
      else if (!this.#kept.some((other) => other.key === kept.key)) this.#kept.push({ ...kept, seq });
      this.#own.delete(kept.key);
    } catch {
      this.storageFails = true; // sent from memory instead
    }
  }

  /** Tries again now: the connection is back, the tab is shown, somebody signed in, or a person asked. */
  wake() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#tries = 0;
    this.#drain();
  }

  /** Another tab added, sent or refused something. */
  async reload() {
    await this.#read();
    if (!this.unsent.length) this.status = "idle";
    this.#changed();
    if (this.unsent.length && !this.#timer) this.#drain();
  }

  async retry(key) {
    const entry = this.#kept.find((kept) => kept.key === key);
    if (!entry) return;
    delete entry.refused;
    if (entry.seq === undefined) this.#own.set(key, entry);
    else await this.#written(() => this.#store.put(entry));
    this.#changed();
    this.wake();
  }

  async discard(key) {
    const entry = this.#kept.find((kept) => kept.key === key);
    if (entry) this.#journal.note(entry, "off");
    await this.#forget(entry);
    this.#changed();
  }

  async #drain() {
    if (this.#draining) {
      this.#again = true;
      return;
    }
    this.#draining = true;
    let held;
    try {
      do {
        this.#again = false;
        held = await this.#lock(() => this.#sendAll());
      } while (this.#again && !this.#timer);
    } finally {
      this.#draining = false;
      // Another tab is sending, and will tell when it is done, unless it is closed before it can. Or something broke.
      if (held === undefined && this.unsent.length && !this.#timer) this.#later(BUSY_MS);
    }
  }

  /** Always resolves to true, which tells it from a lock that was busy. */
  async #sendAll() {
    await this.#read();
    for (let entries = this.unsent; entries.length; entries = this.unsent) {
      const ready = this.storageFails ? entries : entries.slice(0, firstUnwritten(entries));
      if (!ready.length) return true; // being written; add() drains again
      const outcomes = await this.#deliver(ready);
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.kind === "done") await this.#done(ready[index]);
        else if (outcome.kind === "refused") await this.#refuse(ready[index], outcome);
        else {
          this.#pause(outcome);
          return true;
        }
      }
    }
    this.status = "idle";
    this.#changed();
    return true;
  }

  async #done(entry) {
    this.#tries = 0;
    this.status = "sending";
    this.#journal.note(entry, "done");
    await this.#forget(entry);
    this.#changed(entry);
  }

  async #refuse(entry, { code, reason }) {
    this.#tries = 0;
    this.status = "sending";
    const refused = { ...entry, refused: { code, reason } };
    this.#journal.note(entry, "off");
    this.#own.delete(entry.key);
    this.#kept = [...this.#kept.filter((kept) => kept.key !== entry.key), refused];
    if (entry.seq !== undefined) await this.#written(() => this.#store.put(refused));
    this.#channel?.postMessage({ type: "outbox" });
    this.#changed(refused);
  }

  async #forget(entry) {
    if (!entry) return;
    this.#gone.add(entry.key);
    this.#own.delete(entry.key);
    this.#kept = this.#kept.filter((kept) => kept.key !== entry.key);
    if (entry.seq !== undefined) await this.#written(() => this.#store.remove(entry.seq));
    this.#channel?.postMessage({ type: "outbox" });
  }

  /** Changes the store. What it cannot write down holds nobody up: an entry that comes back is sent again, and is the same. */
  async #written(change) {
    try {
      await change();
    } catch {
      this.storageFails = true;
    }
  }

  async #read() {
    try {
      const entries = await this.#store.all();
      const unkept = this.#kept.filter((entry) => entry.seq === undefined);
      this.#kept = [...entries.filter((entry) => !this.#gone.has(entry.key)), ...unkept];
    } catch {
      this.storageFails = true;
    }
  }

  #pause({ kind, afterS, name, trouble }) {
    this.status = kind === "retry" ? "waiting" : kind;
    this.otherUser = name;
    this.trouble = trouble ?? "No connection.";
    const step = BACKOFF_MS[Math.min(this.#tries, BACKOFF_MS.length - 1)];
    this.#tries += 1;
    const wait = kind === "retry" ? Math.max(step * (0.75 + Math.random() / 2), (afterS ?? 0) * 1_000) : SIGNED_OUT_MS;
    this.#later(wait);
    this.#changed();
  }

  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#drain();
    }, wait);
  }
}

function firstUnwritten(entries) {
  const index = entries.findIndex((entry) => entry.seq === undefined);
  return index < 0 ? entries.length : index;
}
