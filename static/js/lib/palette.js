// The palette finds pages, projects, models and items by name; the sheet tells the keys of the page.

import { call } from "./api.js";
import { sheetOf } from "./key_sheet.js";
import { matches } from "./label_match.js";
import { isSilent, silence } from "./quiet_keys.js";

const MOST = 12;
const ITEMS = 6;
const PAUSE_MS = 180; // typing goes on: the server is asked when it rests

const from = (element) => ({ name: words(element), hint: "", go: () => element.click() });
const words = (element) => (element.dataset.place ?? element.getAttribute("aria-label") ?? element.textContent).trim();
const slug = () => /^\/p\/([^/]+)\//.exec(location.pathname)?.[1];

/** `typed` is what came while this was loading, with a line end where Enter was pressed. */
export function showPalette(typed = "") {
  const dialog = dialogOf("palette", "Find a page, a project, a model or an item");
  dialog.classList.add("palette--find");
  const field = Object.assign(document.createElement("input"), { type: "search", className: "control", autocomplete: "off", placeholder: "Go to …" });
  field.setAttribute("role", "combobox");
  for (const [name, value] of Object.entries({ "aria-label": "Go to", "aria-controls": "palette-found", "aria-expanded": "true", "aria-autocomplete": "list" })) {
    field.setAttribute(name, value);
  }
  const list = Object.assign(document.createElement("ul"), { id: "palette-found", className: "palette__found" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Found");
  const empty = Object.assign(document.createElement("p"), { className: "palette__empty small soft" });
  empty.setAttribute("role", "status");
  dialog.append(field, list, empty);
  const finder = new Finder(field, list, empty, dialog);
  dialog.showModal();
  field.focus();
  field.value = typed.split("\n")[0];
  finder.begin(typed.includes("\n"));
}

class Finder {
  #places = onThisPage();
  #items = [];
  #shown = [];
  #at = 0;
  #asking;
  #isComplete = false; // projects and models are known
  #isMeant = false; // Enter was pressed before: what is first then is taken

  constructor(field, list, empty, dialog) {
    Object.assign(this, { field, list, empty, dialog });
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.#take([...list.children].indexOf(row));
    });
  }

  async begin(isMeant) {
    this.#typed();
    this.#isMeant = isMeant;
    const here = slug();
    const [projects, models] = await Promise.all([
      call("GET", "/api/v1/projects/?limit=1000"),
      here && document.querySelector("[data-go=m]") ? call("GET", `/api/v1/projects/${here}/models/?limit=30`) : {},
    ]);
    for (const model of models.body?.results ?? []) {
      this.#places.push({ name: `Model ${model.number}`, hint: model.status, href: `/p/${here}/models/${model.number}/` });
    }
    for (const project of projects.body?.results ?? []) {
      if (project.slug !== here) this.#places.push({ name: project.name, hint: "project", href: `/p/${project.slug}/` });
    }
    this.#isComplete = true;
    this.#draw();
    if (this.#isMeant && this.dialog.open) this.#take(this.#at);
  }

  #typed() {
    this.#isMeant = false;
    this.#at = 0;
    this.#items = [];
    this.#draw();
    clearTimeout(this.#asking);
    const typed = this.field.value.trim();
    if (typed && itemsPage()) this.#asking = setTimeout(() => this.#ask(typed), PAUSE_MS);
  }

  async #ask(typed) {
    const { body } = await call("GET", `/api/v1/projects/${slug()}/items/?limit=${ITEMS}&q=${encodeURIComponent(typed)}`);
    if (this.field.value.trim() !== typed || !this.dialog.open) return;
    this.#items = (body?.results ?? []).map((item) => ({
      name: item.external_id || `item ${item.id}`,
      hint: (item.text ?? "").slice(0, 80) || "item",
      href: `/p/${slug()}/items/${item.id}/`,
    }));
    this.#draw();
  }

  #draw() {
    const typed = this.field.value.trim();
    const found = inOrderOf(matches(this.#places.map((place) => place.name), typed), this.#places);
    this.#shown = [...found.slice(0, MOST), ...this.#items, ...(typed ? elsewhere(typed) : [])];
    this.#at = Math.min(this.#at, Math.max(0, this.#shown.length - 1));
    this.list.replaceChildren(...this.#shown.map((place, number) => rowOf(place, number, number === this.#at)));
    this.empty.textContent = this.#shown.length ? "" : "Nothing has this name.";
    this.#mark();
  }

  #mark() {
    for (const [number, row] of [...this.list.children].entries()) row.setAttribute("aria-selected", String(number === this.#at));
    const row = this.list.children[this.#at];
    if (row) this.field.setAttribute("aria-activedescendant", row.id);
    else this.field.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.key === "Escape") this.dialog.close(); // a search field would only be emptied by it
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && this.#shown.length) {
      this.#at = (this.#at + by + this.#shown.length) % this.#shown.length;
      this.#mark();
      event.preventDefault();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (this.#isComplete || this.#at > 0) this.#take(this.#at);
      else this.#isMeant = true;
    }
  }

  #take(number) {
    const place = this.#shown[number];
    if (!place) return;
    this.dialog.close();
    if (place.go) place.go();
    else location.assign(place.href);
  }
}

/** Names may stand twice (two projects of one name): each place comes once, best name first. */
function inOrderOf(names, places) {
  const left = [...places];
  return names.map((name) => left.splice(left.findIndex((place) => place.name === name), 1)[0]);
}

const itemsPage = () => document.querySelector("a[data-go=i]");

function elsewhere(typed) {
  const items = itemsPage();
  return items ? [{ name: `Items with “${typed}”`, hint: "search", href: `${items.pathname}?q=${encodeURIComponent(typed)}` }] : [];
}

function onThisPage() {
  const kinds = [".tabs a[data-go]", ".page-head a.button", ".topbar a[data-go]", ".menu__list a", "[data-theme-toggle]"];
  const links = kinds.flatMap((kind) => [...document.querySelectorAll(kind)]);
  const sheet = { name: "Keys of this page", hint: "?", go: showKeys };
  return [...links.map((link) => ({ ...from(link), hint: link.dataset.go ? `g ${link.dataset.go}` : "" })), sheet];
}

function rowOf(place, number, isSelected) {
  const row = document.createElement("li");
  row.id = `palette-found-${number}`;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", String(isSelected));
  const name = Object.assign(document.createElement("bdi"), { textContent: place.name, className: "truncate" });
  const hint = Object.assign(document.createElement("bdi"), { textContent: place.hint, className: "palette__hint truncate" });
  row.append(name, hint);
  return row;
}

export function showKeys() {
  const dialog = dialogOf("page-keys", "Keys of this page");
  const body = Object.assign(document.createElement("div"), { className: "palette__keys" });
  sheetOf(body, sections());
  const quiet = document.createElement("label");
  quiet.className = "check";
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !isSilent() });
  box.addEventListener("change", () => silence(!box.checked));
  quiet.append(box, Object.assign(document.createElement("span"), { textContent: "Keys of one letter work (switch them off if you speak to the computer)" }));
  const close = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  const foot = Object.assign(document.createElement("div"), { className: "palette__foot" });
  foot.append(quiet, close);
  dialog.append(body, foot);
  dialog.showModal();
  dialog.firstChild.focus(); // a focus on what is last would scroll the first keys away
}

function sections() {
  const own = [...document.querySelectorAll("[data-keys]")].flatMap((part) => JSON.parse(part.dataset.keys));
  const rows = document.querySelector("[data-walk]") ? [[["J", "K"], "next and previous row"], [["Enter"], "open it"]] : [];
  const go = [...document.querySelectorAll("a[data-go]")].map((link) => [[`G ${link.dataset.go.toUpperCase()}`], words(link)]);
  const find = document.querySelector("main input[type=search]") ? [[["/"], "search on this page"]] : [];
  return [
    ["On this page", [...own, ...rows, ...find]],
    ["Everywhere", [[["Ctrl K"], "find anything by name"], [["?"], "these keys"], [["Esc"], "close what is open"]]],
    ["Go to", go],
  ].filter(([, list]) => list.length);
}

/** A dialog that is gone when it is closed, with its style sheet. */
function dialogOf(id, title) {
  if (!document.querySelector("link[data-palette]")) {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: document.body.dataset.paletteSheet });
    style.dataset.palette = "";
    document.head.append(style);
  }
  const dialog = Object.assign(document.createElement("dialog"), { id, className: "palette" });
  const heading = Object.assign(document.createElement("h2"), { id: `${id}-title`, textContent: title, tabIndex: -1 });
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}
