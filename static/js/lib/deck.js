// The questions of this sitting in one row: those given an answer, the one on the table, those that are ready behind it.

const REMEMBERED = 20; // how far back one can go
const READY = 8; // questions held ready
const MOST = 50; // open tasks the server lets one person hold
const LOW = 6; // at or below this, more are fetched

/**
 * An entry is `{task, given}`; `given` is null, `{answer}` or `{skip}`. `fetchTasks(count)` resolves to tasks or to null when the
 * server could not be reached; `unsent()` is the set of tasks whose answer is still on its way.
 */
export class Deck {
  #entries = [];
  #cursor = 0;
  #done = new Set();
  #fetching = false;
  #fetchTasks;
  #unsent;
  #changed;

  reached = true;
  dry = false; // the server had nothing more at the last try

  constructor({ fetchTasks, unsent, changed }) {
    this.#fetchTasks = fetchTasks;
    this.#unsent = unsent;
    this.#changed = changed;
  }

  start(history, tasks) {
    const back = new Set(tasks.filter((task) => task.returned).map((task) => task.id));
    const past = history.filter(({ task }) => !back.has(task.id));
    this.#entries = past.map(({ task, given }) => ({ task, given }));
    for (const { task } of past) this.#done.add(task.id);
    this.#admit(tasks);
    this.dry = tasks.length === 0;
    this.#cursor = this.#present();
  }

  get current() {
    return this.#entries[this.#cursor] ?? null;
  }

  /** True while an answered question is on the table again. */
  get isPast() {
    return Boolean(this.current?.given);
  }

  get canGoBack() {
    return this.#cursor > 0;
  }

  /** Questions behind the one on the table. */
  get ahead() {
    return this.#entries.filter((entry, place) => !entry.given && place !== this.#cursor);
  }

  get waiting() {
    return this.#entries.filter((entry) => !entry.given).length;
  }

  /** Notes what was given for the question on the table and puts the next open one there. */
  give(given) {
    const entry = this.current;
    entry.given = given;
    this.#done.add(entry.task.id);
    this.#forgetOldest();
    this.#cursor = this.#present();
    this.#changed();
    this.fill();
    return entry.task;
  }

  /** The answer is taken back: the question stays on the table, unanswered. */
  takeBack() {
    this.current.given = null;
    this.#done.delete(this.current.task.id);
    this.#changed();
    return this.current.task;
  }

  back() {
    if (!this.canGoBack) return false;
    this.#cursor -= 1;
    this.#changed();
    return true;
  }

  /** Puts a question that was answered before on the table, as going back to it would. */
  open(taskId) {
    const place = this.#entries.findIndex(({ task }) => task.id === taskId);
    if (place >= 0) this.#cursor = place;
  }

  forward() {
    if (!this.isPast) return false;
    this.#cursor += 1;
    this.#changed();
    return true;
  }

  /** Another tab of the same person dealt with a task. */
  settledElsewhere(taskId) {
    this.#done.add(taskId);
    const here = this.current;
    const place = this.#entries.findIndex((entry) => entry.task.id === taskId && !entry.given);
    if (place < 0) return;
    this.#remove((entry) => entry.task.id === taskId && !entry.given);
    if (here !== this.current) this.#changed();
    this.fill();
  }

  /** Fetches when few are ready. `renew` asks even when there are enough, so that their leases are renewed. */
  async fill({ renew = false } = {}) {
    if (this.#fetching || (!renew && this.waiting > LOW)) return;
    this.#fetching = true;
    const unsent = this.#unsent();
    const count = Math.min(MOST, READY + unsent.size);
    const tasks = await this.#fetchTasks(count);
    this.#fetching = false;
    this.reached = tasks !== null;
    if (tasks) this.#receive(tasks, count, unsent);
    this.#changed();
    if (tasks && this.waiting <= LOW && tasks.length >= count) this.fill();
  }

  #receive(tasks, count, unsent) {
    const offered = new Set(tasks.map((task) => task.id));
    // One's own open tasks always come first: what is missing from the answer is no longer one's own.
    const pending = new Set([...unsent, ...this.#unsent()]);
    const lost = (entry) => !entry.given && !offered.has(entry.task.id) && !pending.has(entry.task.id);
    if (this.current && lost(this.current)) this.current.lost = true;
    this.#remove((entry) => lost(entry) && entry !== this.current);
    this.#admit(tasks, pending);
    this.dry = tasks.length < count;
  }

  /** An answer that a reviewer sent back is a question again, unless what was said to it is still on its way. */
  #admit(tasks, pending = new Set()) {
    const isBack = (task) => task.returned && !pending.has(task.id);
    const again = new Set(tasks.filter((task) => isBack(task) && this.#done.has(task.id)).map((task) => task.id));
    if (again.size) this.#remove((entry) => entry.given && again.has(entry.task.id) && entry !== this.current);
    const known = new Set(this.#entries.map((entry) => entry.task.id));
    for (const task of tasks) {
      if (known.has(task.id) || (this.#done.has(task.id) && !isBack(task))) continue;
      this.#done.delete(task.id);
      this.#entries.push({ task, given: null });
    }
  }

  /** The question on the table is no longer ours: the next one takes its place. */
  dropLost() {
    this.#remove((entry) => entry.lost);
    this.#changed();
  }

  #remove(unwanted) {
    const here = this.current;
    this.#entries = this.#entries.filter((entry) => !unwanted(entry));
    const place = this.#entries.indexOf(here);
    this.#cursor = place >= 0 ? place : this.#present();
  }

  #present() {
    const place = this.#entries.findIndex((entry) => !entry.given);
    return place >= 0 ? place : this.#entries.length;
  }

  #forgetOldest() {
    const given = this.#entries.filter((entry) => entry.given);
    const old = new Set(given.slice(0, Math.max(0, given.length - REMEMBERED)));
    if (old.size) this.#entries = this.#entries.filter((entry) => !old.has(entry));
  }
}
