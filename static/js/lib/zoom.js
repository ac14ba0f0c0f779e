// Zoom, pan and quarter turns by wheel, keys, drag, pinch and double click. The picture never leaves its frame.

import { meant } from "./pressed_key.js";

const MOST = 12; // times, of a picture whose size is not known
const MOST_PX = 4; // pixels of the page for one of the picture
const TINY = 320; // pixels of the longer side up to which a picture is a tiny one …
const TINY_PX = 10; // … which is enlarged further
const SEEN_PX = 2; // from here on a pixel is a square
const STEP = 1.5;
const WAYS = { zoomIn: "in", zoomOut: "out", zoomReset: "reset" };

/** What a key press asks of a zoom: the name of its method, or undefined. `byKey` is `namesByKey` of the page's keys. */
export function zoomOf(event, byKey) {
  return WAYS[byKey.get(meant(event, (key) => byKey.get(key) in WAYS))];
}

export class Zoom {
  #frame;
  #stage = null;
  #scale = 1;
  #x = 0;
  #y = 0;
  #turns = 0; // quarters, clockwise
  #size = null;
  #fit = 1; // pixels of the page for one of the picture while the whole of it is seen
  #turnedFit = 1; // the same lying on its side
  #pointers = new Map();
  #changed;

  constructor(frame, changed = () => {}) {
    this.#frame = frame;
    this.#changed = changed;
    new ResizeObserver(() => {
      this.#measure();
      this.#apply();
    }).observe(frame);
    frame.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.#down(event));
    frame.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) {
      frame.addEventListener(type, (event) => this.#pointers.delete(event.pointerId));
    }
    frame.addEventListener("dblclick", (event) => {
      if (event.target.closest("button")) return;
      if (this.#scale > 1) this.reset();
      else this.#zoomAt(...this.#within(event), 2.5);
    });
  }

  get scale() {
    return this.#scale;
  }

  /** Pixels of the page for one of the picture; 0 where its size is not known. */
  get density() {
    return this.#size ? this.#scale * (this.#turns % 2 ? this.#turnedFit : this.#fit) : 0;
  }

  /** Where the picture stands in its frame. */
  get place() {
    return { scale: this.#scale, x: this.#x, y: this.#y, turns: this.#turns };
  }

  /** Takes the place of another one whose frame is of the same size. */
  follow({ scale, x, y, turns }) {
    [this.#scale, this.#x, this.#y, this.#turns] = [scale, x, y, turns];
    this.#apply();
  }

  /** The element to move, null when there is no picture; `size` is `{width, height}` of the original in pixels. */
  attach(stage, size = null) {
    this.#stage = stage;
    this.#size = stage && size;
    this.#turns = 0;
    this.#pointers.clear();
    this.#measure();
    this.reset();
  }

  reset() {
    this.#scale = 1;
    this.#x = this.#y = 0;
    this.#apply();
  }

  /** A quarter to the right; the whole picture is seen again. */
  rotate() {
    if (!this.#stage) return;
    this.#turns = (this.#turns + 1) % 4;
    this.reset();
  }

  in() {
    this.#zoomAt(this.#frame.clientWidth / 2, this.#frame.clientHeight / 2, STEP);
  }

  out() {
    this.#zoomAt(this.#frame.clientWidth / 2, this.#frame.clientHeight / 2, 1 / STEP);
  }

  /** Moves by a share of the frame; false when the whole picture is in view. */
  pan(right, down) {
    if (!this.#stage || this.#scale === 1) return false;
    this.#x -= right * this.#frame.clientWidth;
    this.#y -= down * this.#frame.clientHeight;
    this.#apply();
    return true;
  }

  #wheel(event) {
    if (!this.#stage) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.#zoomAt(...this.#within(event), Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)));
  }

  #down(event) {
    if (!this.#stage || event.button !== 0 || event.target.closest("button")) return;
    this.#pointers.set(event.pointerId, this.#within(event));
    this.#frame.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#within(event);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other) {
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      this.#zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, factor);
    }
    // With two fingers each moves the picture by half of its way.
    const share = other ? 0.5 : 1;
    this.#x += (now[0] - before[0]) * share;
    this.#y += (now[1] - before[1]) * share;
    this.#apply();
  }

  #zoomAt(x, y, factor) {
    if (!this.#stage) return;
    const scale = Math.min(this.#most, Math.max(1, this.#scale * factor));
    this.#x = x - ((x - this.#x) * scale) / this.#scale;
    this.#y = y - ((y - this.#y) * scale) / this.#scale;
    this.#scale = scale;
    this.#apply();
  }

  #apply() {
    const { clientWidth, clientHeight } = this.#frame;
    this.#x = Math.min(0, Math.max(clientWidth * (1 - this.#scale), this.#x));
    this.#y = Math.min(0, Math.max(clientHeight * (1 - this.#scale), this.#y));
    if (this.#stage) {
      this.#stage.style.transform = this.#transform();
      this.#stage.classList.toggle("is-pixelated", this.density >= SEEN_PX);
    }
    this.#frame.classList.toggle("is-zoomed", this.#scale > 1);
    this.#changed(this.#scale);
  }

  #transform() {
    const moved = this.#scale === 1 ? "" : `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`;
    if (!this.#turns) return moved;
    const [right, down] = [this.#frame.clientWidth / 2, this.#frame.clientHeight / 2];
    const refit = this.#turns % 2 ? this.#turnedFit / this.#fit : 1;
    return `${moved} translate(${right}px, ${down}px) rotate(${90 * this.#turns}deg) scale(${refit}) translate(${-right}px, ${-down}px)`;
  }

  get #isTiny() {
    return this.#size && Math.max(this.#size.width, this.#size.height) <= TINY;
  }

  get #most() {
    if (!this.#size) return MOST;
    if (this.#isTiny) return Math.max(1, (TINY_PX * this.#scale) / this.density);
    return Math.max(2, (MOST_PX * this.#scale) / this.density);
  }

  /** How large the whole picture is in its frame: a tiny one does not fill it. */
  #measure() {
    if (!this.#size || !this.#frame.clientWidth) return;
    const { width, height } = this.#size;
    const style = this.#stage.style;
    style.padding = "";
    const padding = parseFloat(getComputedStyle(this.#stage).paddingTop) || 0;
    const [wide, high] = [this.#frame.clientWidth - 2 * padding, this.#frame.clientHeight - 2 * padding];
    const limit = this.#isTiny ? TINY_PX : Infinity;
    this.#fit = Math.min(wide / width, high / height, limit);
    this.#turnedFit = Math.min(wide / height, high / width, limit);
    if (this.#fit === limit) style.padding = `${padding + (high - height * limit) / 2}px ${padding + (wide - width * limit) / 2}px`;
  }

  #within(event) {
    const box = this.#frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}

function distance([x1, y1], [x2, y2]) {
  return Math.hypot(x1 - x2, y1 - y2);
}
