// Shows two items of one context, equal in everything: size, type, zoom, and the moment they appear.

import { Brief, contextWords } from "./brief.js";
import { lightKeys, namesByKey } from "./commands.js";
import { InStep, roomOf } from "./in_step.js";
import { SHORT_TEXT, valueOf } from "./item_view.js";
import { PictureTools } from "./picture_tools.js";
import { meant } from "./pressed_key.js";
import { Zoom, zoomOf } from "./zoom.js";

const SLOW_MS = 200; // pictures that come sooner need no "loading"
const SIDES = ["left", "right"];
const SAID = 400; // characters of a text a screen reader is given at once; all of it stands in the box

export class PairView {
  #root;
  #pair;
  #keys;
  #byKey;
  #bodies = {};
  #brief;
  #steps;
  #loading;
  #failed;
  #zoomBar;
  #zooms = {};
  #tools;
  #following = false;
  #pictures = {};
  #task = null;
  #isSameContext = false;
  #timer = 0;

  /** `ready()` is called when pictures that were still loading are there, all of them. */
  constructor(root, { ready, keys }) {
    this.#root = root;
    this.#keys = keys;
    this.#byKey = namesByKey(keys);
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    [this.#pair, this.#loading, this.#failed, this.#zoomBar] = ["pair", "loading", "failed", "zoom"].map(part);
    this.#brief = new Brief(part("context"));
    this.onready = ready;
    for (const side of SIDES) {
      this.#bodies[side] = part(side);
      this.#zooms[side] = new Zoom(this.#bodies[side], () => this.#zoomed(side));
    }
    this.#steps = new InStep(this.#bodies.left, this.#bodies.right, {
      button: part("step"), key: `querent:in-step:${root.dataset.modality}`, otherwise: root.dataset.modality === "tabular",
    });
    const measure = new ResizeObserver(() => this.#steps.measure());
    for (const side of SIDES) measure.observe(this.#bodies[side]);
    this.#failed.querySelector("button").addEventListener("click", () => this.#retry());
    this.#tools = new PictureTools({
      bar: this.#zoomBar, panel: part("light"), byKey: this.#byKey, zoom: () => this.zoom, pictures: () => this.#judged,
    });
  }

  /** Both pictures at once: one moves, the other follows. */
  get zoom() {
    return this.#zooms.left;
  }

  /** The pictures of the two, without that of the context. */
  get #judged() {
    return SIDES.map((side) => this.#pictures[side]).filter(Boolean);
  }

  get #all() {
    return Object.values(this.#pictures).filter(Boolean);
  }

  /** False until everything the question is about is there to be seen. */
  get isReady() {
    return Boolean(this.#task) && this.#all.every((picture) => picture.state === "ready");
  }

  get isLoading() {
    return !this.isReady && this.#all.every((picture) => picture.state !== "failed");
  }

  /** `pictures` is `{left, right, context}`, each a picture or null. */
  show(task, pictures) {
    this.#letGo();
    const another = this.#task?.id !== task.id;
    this.#isSameContext = JSON.stringify(this.#task?.context) === JSON.stringify(task.context);
    this.#task = task;
    this.#pictures = pictures;
    this.#root.dataset.task = task.id;
    this.#root.dataset.modality = task.modality;
    if (another) for (const side of SIDES) this.#bodies[side].replaceChildren();
    for (const picture of this.#all) {
      picture.onchange = () => {
        this.#draw();
        if (this.isReady) this.onready();
      };
    }
    this.#draw();
    if (another) this.#scrollUp();
  }

  clear() {
    this.#letGo();
    this.#task = null;
    this.#pictures = {};
    this.#waitingFor("");
    for (const side of SIDES) {
      this.#zooms[side].attach(null);
      this.#bodies[side].replaceChildren();
    }
    delete this.#root.dataset.task;
  }

  /** The question in words, for those who do not see it. */
  get words() {
    if (!this.#task) return "";
    const { context, left, right } = this.#task;
    const said = this.#isSameContext ? [] : [contextWords(context)]; // once is enough
    for (const [name, of, to] of rowsOf(left, right)) {
      said.push(same(of, to) ? `${name}: both ${valueOf(of)}.` : `${name}: left ${valueOf(of)}, right ${valueOf(to)}.`);
    }
    for (const [side, { text, image }] of [["Left", left], ["Right", right]]) {
      if (image) said.push(`${side}: a picture.`);
      if (text && !rowsOf(left, right).length) said.push(`${side}: ${text.length > SAID ? `${text.slice(0, SAID)}…` : text}`);
    }
    return said.join(" ");
  }

  /** Keys of the sheet beside those that answer. */
  get looking() {
    const rest = [[["C"], "All of the context, or its first lines only"]];
    if (this.#root.dataset.modality !== "image") {
      return [[["Space"], "Read on, on both sides"], [["L"], "Scroll the two in step, or each on its own"], ...rest];
    }
    return [
      [["+", "−"], "Zoom both; also the wheel, a pinch, a double click"],
      [["0", "F"], "The whole pictures"],
      [["Shift + arrow"], "Move the enlarged pictures; also by dragging"],
      ...lightKeys(this.#keys),
      ...rest,
    ];
  }

  /** Keys that look closer or read on. */
  key(event) {
    const letter = meant(event, (key) => key === "c" || key === "l");
    if (letter === "c") return this.#brief.toggle();
    if (this.#zoomBar.hidden) return letter === "l" ? this.#step() : this.#read(event);
    const way = zoomOf(event, this.#byKey);
    if (way) this.zoom[way]();
    const pan = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key];
    return Boolean(way) || this.#tools.key(event) || Boolean(pan && event.shiftKey && this.zoom.pan(...pan));
  }

  #step() {
    if (!this.#steps.isOffered) return false;
    this.#steps.toggle();
    return true;
  }

  /** Reads on in the box with the focus, else in both; rows side by side have one scroll of their own. */
  #read(event) {
    const held = SIDES.map((side) => this.#bodies[side]).filter((body) => body.contains(document.activeElement));
    const boxes = [...(held.length ? held : SIDES.map((side) => this.#bodies[side])), this.#pair].filter(roomOf);
    if (!boxes.length) return false;
    const page = Math.min(...boxes.map((box) => box.clientHeight)) * 0.85;
    const down = { PageDown: page, PageUp: -page, " ": event.shiftKey ? -page : page }[event.key];
    if (!down) return false;
    for (const box of this.#steps.on && boxes.length > 1 ? boxes.slice(0, 1) : boxes) box.scrollBy({ top: down });
    return true;
  }

  #draw() {
    const ready = this.isReady;
    const failed = this.#all.some((picture) => picture.state === "failed");
    this.#waitingFor(ready ? "" : failed ? "failed" : "loading");
    const { context } = this.#pictures;
    this.#brief.show(this.#task.context, context?.state === "ready" ? context : null);
    // Neither is seen before the other.
    if (ready && !this.#bodies.left.firstChild) this.#fill();
    this.#steps.measure();
  }

  #fill() {
    const { left, right } = this.#task;
    const isPicture = Boolean(this.#pictures.left || this.#pictures.right);
    const rows = rowsOf(left, right);
    const short = [left, right].every(({ text }) => text.length <= SHORT_TEXT); // one size for both
    this.#zoomBar.hidden = !isPicture;
    this.#pair.classList.toggle("pair--rows", rows.length > 0);
    this.#pair.style.setProperty("--rows", rows.length || 1);
    for (const side of SIDES) {
      const { text } = this.#task[side];
      const picture = this.#pictures[side];
      if (picture) {
        picture.element.className = "picture";
        picture.element.alt = `The ${side} picture`;
      }
      const parts = [picture?.element, rows.length ? listOf(rows, side) : null, text && !rows.length ? textOf(text, short) : null];
      this.#bodies[side].replaceChildren(...parts.filter(Boolean));
      this.#zooms[side].attach(picture?.element ?? null, picture);
    }
    this.#tools.show();
  }

  #zoomed(side) {
    if (this.#following) return;
    this.#following = true;
    const other = side === "left" ? "right" : "left";
    this.#zooms[other]?.follow(this.#zooms[side].place);
    this.#following = false;
    for (const each of SIDES) this.#pictures[each]?.show({ density: this.#zooms[each]?.density });
  }

  #scrollUp() {
    this.#steps.top();
    this.#pair.scrollTop = 0;
  }

  #retry() {
    for (const picture of this.#all) if (picture.state === "failed") picture.retry();
    this.#draw();
  }

  #letGo() {
    for (const picture of this.#all) picture.onchange = null;
  }

  #waitingFor(state) {
    clearTimeout(this.#timer);
    this.#failed.hidden = state !== "failed";
    this.#loading.hidden = true;
    this.#root.toggleAttribute("aria-busy", state === "loading");
    if (state === "loading") this.#timer = setTimeout(() => (this.#loading.hidden = false), SLOW_MS);
  }
}

/** `[name, value on the left, value on the right]` of every column that either has. */
function rowsOf(left, right) {
  const [one, other] = [left, right].map(({ fields, text }) => new Map(fields.length && text ? [...fields, ["text", text]] : fields));
  return [...new Set([...one.keys(), ...other.keys()])].map((name) => [name, one.get(name) ?? null, other.get(name) ?? null]);
}

function same(one, other) {
  return valueOf(one) === valueOf(other);
}

function listOf(rows, side) {
  const list = document.createElement("dl");
  list.className = "rows";
  for (const [name, one, other] of rows) {
    const value = side === "left" ? one : other;
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = name;
    said.textContent = valueOf(value);
    said.dir = "auto";
    row.className = same(one, other) ? "is-same" : "differs";
    if (value === null || value === "") said.className = "is-empty";
    row.append(term, said);
    list.append(row);
  }
  return list;
}

function textOf(text, short) {
  const paragraph = document.createElement("p");
  paragraph.className = short ? "text text--short" : "text";
  paragraph.dir = "auto";
  paragraph.textContent = text;
  return paragraph;
}
