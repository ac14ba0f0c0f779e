// Time a question was on the screen. A hidden tab does not count.

export class VisibleClock {
  #total = 0;
  #since = null;
  #running = false;

  constructor(now = () => performance.now()) {
    this.now = now;
    document.addEventListener("visibilitychange", () => this.#follow());
  }

  restart() {
    this.#total = 0;
    this.#since = null;
    this.#running = true;
    this.#follow();
  }

  stop() {
    this.#running = false;
    this.#follow();
  }

  get elapsedMs() {
    return Math.round(this.#total + (this.#since === null ? 0 : this.now() - this.#since));
  }

  #follow() {
    const counts = this.#running && document.visibilityState === "visible";
    if (counts && this.#since === null) this.#since = this.now();
    if (!counts && this.#since !== null) {
      this.#total += this.now() - this.#since;
      this.#since = null;
    }
  }
}
