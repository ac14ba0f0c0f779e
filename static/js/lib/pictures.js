// Pictures are fetched and decoded before they are asked for, so that showing one is a matter of putting it in its place.

const SIZES = [800, 1600]; // of those the server derives
const RETRY_MS = [500, 1_500, 4_000, 10_000];
const ENLARGED = 1.4; // times, from which on a sharper preview is worth its bytes
const LOSSLESS = 128; // pixels of the longer side up to which a preview has every pixel as it is

/** The address of a picture's preview of at least `pixels` on its longer side. */
export function previewAddress(src, pixels) {
  const address = new URL(src, location.href);
  address.searchParams.set("size", SIZES.find((size) => size >= pixels) ?? SIZES.at(-1));
  return address.href;
}

const PLACES = ["left", "right", "context"];

function keysOf(task) {
  return task.item ? [task.id] : PLACES.map((place) => `${task.id} ${place}`);
}

export class Pictures {
  #held = new Map();

  /** Starts loading what is not held yet and lets go of what is no longer needed. */
  keep(tasks) {
    const wanted = new Set(tasks.flatMap(keysOf));
    for (const [key, picture] of this.#held) {
      if (wanted.has(key)) continue;
      picture.abandoned = true;
      this.#held.delete(key);
    }
    for (const task of tasks) this.of(task);
  }

  /**
   * `{element, state: "loading"|"ready"|"failed", retry()}` of a task, or null when it has no picture. Of a pair
   * `{left, right, context}`, each of them such a picture or null.
   */
  of(task) {
    if (task.item) return this.#one(task.id, task.item.image);
    const [left, right, context] = PLACES.map((place) => this.#one(`${task.id} ${place}`, task[place].image));
    return { left, right, context };
  }

  // Each question has elements of its own: one element cannot stand in two places.
  #one(key, image) {
    if (!image) return null;
    if (!this.#held.has(key)) this.#held.set(key, new Picture(image));
    return this.#held.get(key);
  }
}

class Picture {
  abandoned = false;
  state = "loading";
  onchange = null;
  #address;
  #wanted; // the address of what is shown, or will be
  #pixels; // of the longer side of the preview; Infinity for the original's own
  #fitted = 0; // pixels of the page for one of the picture when it was shown first
  #window = null;
  #tries = 0;

  constructor(image) {
    this.width = image.width;
    this.height = image.height;
    this.src = image.src;
    const shown = Math.max(innerWidth, innerHeight) * (devicePixelRatio || 1);
    this.deep = Boolean(image.deep); // more than 8 bits: what part of its range is shown is the server's work
    this.#pixels = Math.min(shown, this.#side);
    this.#address = this.#wanted = previewAddress(image.src, this.#pixels);
    this.retry();
  }

  get #side() {
    return Math.max(this.width, this.height);
  }

  /**
   * Exchanges what is shown for a sharper preview, as soon as that is decoded, where a pixel of the picture takes `density` pixels of
   * the page; and for another part of a deep picture's range, `window` being `[low, high]` in shares of it, null for all of it.
   */
  async show({ density = 0, window = this.#window }) {
    if (!this.element) return;
    this.#window = window;
    this.#fitted ||= density;
    if (density >= this.#fitted * ENLARGED && this.#side > LOSSLESS) {
      const pixels = density * this.#side * (devicePixelRatio || 1);
      this.#pixels = Math.max(this.#pixels, pixels > SIZES.at(-1) || density > 1 ? Infinity : pixels);
    }
    const address = this.#addressNow();
    if (address === this.#wanted) return;
    const before = this.#wanted;
    this.#wanted = address;
    const sharper = new Image();
    sharper.src = address;
    try {
      await sharper.decode();
      if (this.#wanted === address) this.element.src = address;
    } catch {
      if (this.#wanted === address) this.#wanted = before; // the preview that is there stays
    }
  }

  #addressNow() {
    const address = new URL(previewAddress(this.src, this.#pixels));
    if (this.#pixels === Infinity) address.searchParams.set("full", "true");
    if (this.deep && this.#window) ["low", "high"].forEach((end, place) => address.searchParams.set(end, this.#window[place]));
    return address.href;
  }

  retry() {
    if (this.abandoned || this.state === "ready") return;
    this.state = "loading";
    const element = new Image();
    element.decoding = "sync"; // it is decoded already when it is shown: no blank frame in between
    element.draggable = false;
    element.alt = "";
    element.src = this.#address;
    element.decode().then(
      () => this.#settle("ready", element),
      () => this.#failed(element),
    );
  }

  #failed(element) {
    // decode() also rejects pictures too large to decode at once, which show all the same
    if (element.complete && element.naturalWidth) return this.#settle("ready", element);
    this.#settle("failed", element);
    if (this.#tries < RETRY_MS.length) setTimeout(() => this.state === "failed" && this.retry(), RETRY_MS[this.#tries]);
    this.#tries += 1;
  }

  #settle(state, element) {
    this.state = state;
    if (state === "ready") this.element = element;
    this.onchange?.();
  }
}
