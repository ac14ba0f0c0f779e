// Pictures are fetched and decoded before they are asked for, so that showing one is a matter of putting it in its place.

const SIZES = [800, 1600]; // of those the server derives
const RETRY_MS = [500, 1_500, 4_000, 10_000];

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

/** Zoomed in, the small preview is exchanged for the largest one as soon as that is decoded. */
export async function sharpen(picture, scale) {
  if (scale < 1.4 || !picture?.element || picture.sharpened) return;
  const address = previewAddress(picture.src, Math.max(picture.width, picture.height));
  if (address === picture.element.src) return;
  picture.sharpened = true;
  const sharper = new Image();
  sharper.src = address;
  try {
    await sharper.decode();
    picture.element.src = address;
  } catch {
    picture.sharpened = false; // the preview that is there stays
  }
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
  #tries = 0;

  constructor(image) {
    this.width = image.width;
    this.height = image.height;
    this.src = image.src;
    const shown = Math.max(innerWidth, innerHeight) * (devicePixelRatio || 1);
    this.#address = previewAddress(image.src, Math.min(shown, Math.max(image.width, image.height)));
    this.retry();
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
