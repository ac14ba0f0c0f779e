// Shows one item: a picture, a text or the columns of a row, and the context it is asked in.

import { namesByKey } from "./commands.js";
import { PictureTools } from "./picture_tools.js";
import { Zoom, zoomOf } from "./zoom.js";

export const SHORT_TEXT = 240; // characters up to which a text is set larger
const SLOW_MS = 200; // a picture that comes sooner needs no "loading"

export class ItemView {
  #root;
  #byKey;
  #context;
  #body;
  #loading;
  #failed;
  #zoomBar;
  #tools;
  #picture = null;
  #task = null;
  #timer = 0;

  /** `ready()` is called when a picture that was still loading is there; `keys` are those of the page by what they do. */
  constructor(root, { ready, keys }) {
    this.#root = root;
    this.#byKey = namesByKey(keys);
    [this.#context, this.#body, this.#loading, this.#failed, this.#zoomBar] = [
      "context", "body", "loading", "failed", "zoom",
    ].map((part) => root.querySelector(`[data-part=${part}]`));
    this.zoom = new Zoom(this.#body, () => this.#picture?.show({ density: this.zoom.density }));
    this.onready = ready;
    this.#failed.querySelector("button").addEventListener("click", () => this.#picture?.retry());
    this.#tools = new PictureTools({
      bar: this.#zoomBar, panel: root.querySelector("[data-part=light]"), byKey: this.#byKey,
      zoom: () => this.zoom, pictures: () => (this.#picture ? [this.#picture] : []),
    });
  }

  /** False while there is nothing to judge: an answer given now would be about something nobody has seen. */
  get isReady() {
    return Boolean(this.#task) && (!this.#picture || this.#picture.state === "ready");
  }

  get isLoading() {
    return this.#picture?.state === "loading";
  }

  show(task, picture) {
    if (this.#picture) this.#picture.onchange = null;
    const another = this.#task?.id !== task.id;
    this.#task = task;
    this.#picture = picture;
    this.#root.dataset.task = task.id;
    this.#root.dataset.modality = task.modality;
    this.#context.hidden = !task.item.context;
    this.#context.querySelector("[data-text]").textContent = task.item.context ?? "";
    this.#zoomBar.hidden = !picture;
    if (picture) {
      picture.onchange = () => {
        this.#showPicture();
        if (this.isReady) this.onready();
      };
      if (another) this.#body.replaceChildren();
      this.#showPicture();
    } else {
      this.#waitingFor("");
      this.zoom.attach(null);
      const { text, fields } = task.item;
      this.#body.replaceChildren(...(fields.length ? [tableOf(fields)] : []), ...(text ? [textOf(text)] : []));
    }
    if (another) this.#root.scrollTop = 0;
  }

  clear() {
    if (this.#picture) this.#picture.onchange = null;
    this.#task = this.#picture = null;
    this.#waitingFor("");
    this.zoom.attach(null);
    this.#body.replaceChildren();
    delete this.#root.dataset.task;
  }

  get height() {
    return this.#root.clientHeight;
  }

  /** Pixels of height that the item does not need: all of it is seen without them. */
  get spare() {
    if (!this.#task) return 0;
    const need = [this.#context, ...(this.#picture ? [] : this.#body.children)].reduce((sum, part) => sum + part.offsetHeight, 0);
    return this.#root.clientHeight - need - (this.#picture ? (this.#body.clientWidth * this.#picture.height) / this.#picture.width : 0);
  }

  /** The item in words, for those who do not see it. */
  get words() {
    if (!this.#task) return "";
    const { text, fields, context } = this.#task.item;
    const parts = context ? [`Context: ${context}.`] : [];
    if (this.#picture) parts.push("Picture.");
    for (const [name, value] of fields.slice(0, 12)) parts.push(`${name}: ${valueOf(value)}.`);
    if (text) parts.push(text.length > 600 ? `${text.slice(0, 600)}…` : text);
    return parts.join(" ");
  }

  /** Keys that look closer or read on. */
  key(event) {
    if (this.#picture) {
      const way = zoomOf(event, this.#byKey);
      if (way) this.zoom[way]();
      const pan = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key];
      return Boolean(way) || this.#tools.key(event) || Boolean(pan && this.zoom.pan(...pan));
    }
    const page = this.#root.clientHeight * 0.85;
    const down = { ArrowDown: 60, ArrowUp: -60, PageDown: page, PageUp: -page, " ": event.shiftKey ? -page : page }[event.key];
    if (!down || this.#root.scrollHeight <= this.#root.clientHeight) return false;
    this.#root.scrollBy({ top: down });
    return true;
  }

  #showPicture() {
    const { state, element } = this.#picture;
    if (state === "ready" && this.#body.firstChild !== element) {
      element.className = "picture";
      element.alt = "The picture to judge";
      this.#body.replaceChildren(element);
      this.zoom.attach(element, this.#picture);
      this.#tools.show();
    }
    this.#waitingFor(state === "ready" ? "" : state);
  }

  #waitingFor(state) {
    clearTimeout(this.#timer);
    this.#failed.hidden = state !== "failed";
    this.#loading.hidden = true;
    this.#root.toggleAttribute("aria-busy", state === "loading");
    if (state === "loading") this.#timer = setTimeout(() => (this.#loading.hidden = false), SLOW_MS);
  }
}

function textOf(text) {
  const paragraph = document.createElement("p");
  paragraph.className = text.length <= SHORT_TEXT ? "text text--short" : "text";
  paragraph.dir = "auto";
  paragraph.textContent = text;
  return paragraph;
}

function tableOf(fields) {
  const list = document.createElement("dl");
  list.className = fields.length > 8 ? "fields fields--many" : "fields";
  for (const [name, value] of fields) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = name;
    said.textContent = valueOf(value);
    said.dir = "auto";
    if (value === null || value === "") said.className = "is-empty";
    row.append(term, said);
    list.append(row);
  }
  return list;
}

/** A cell as a person reads it. */
export function valueOf(value) {
  if (value === null || value === "") return "empty";
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}
