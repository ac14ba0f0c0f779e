// Keys of every page that has none of its own: / searches, ? tells the keys, g and a letter go, j and k walk, Ctrl+K finds by name.
//
// What is shown for them is loaded with the first press that needs it.

import { isComposing, meant } from "./pressed_key.js";
import { isForPage } from "./quiet_keys.js";

const PATIENCE_MS = 1_500; // between g and its letter

/** Places by their letter: what `[data-go]` of this page's links names. */
const places = () => new Map([...document.querySelectorAll("a[data-go]")].map((link) => [link.dataset.go, link]));

export function listenForKeys() {
  let wentAt = -Infinity;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isComposing(event) || document.querySelector("dialog[open]")) return;
    if (ahead !== undefined && (event.key.length === 1 || event.key === "Enter") && !event.ctrlKey && !event.metaKey) {
      ahead += event.key === "Enter" ? "\n" : event.key;
      event.preventDefault();
    } else if (isChord(event)) {
      event.preventDefault();
      show("palette");
    } else if (isForPage(event)) {
      const goes = event.timeStamp - wentAt < PATIENCE_MS;
      wentAt = -Infinity;
      const done = goes ? go(event) : pressed(event);
      if (done === "g") wentAt = event.timeStamp;
      if (done) event.preventDefault();
    }
  });
  addEventListener("click", (event) => {
    const opener = event.target.closest("[data-show]");
    if (opener) show(opener.dataset.show);
  });
}

const isChord = (event) => (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && meant(event, (key) => key === "k");

/** What is pressed after g leads somewhere or means nothing: a slip must not label an item. */
function go(event) {
  const known = places();
  const key = meant(event, (name) => known.has(name));
  known.get(key)?.click();
  return event.key.length === 1;
}

const KEYS = {
  g: () => places().size > 0 && "g",
  j: () => walk(1),
  k: () => walk(-1),
  "/": search,
  "?": () => show("keys"),
};

const pressed = (event) => KEYS[meant(event, (key) => key in KEYS)]?.();

/** To the row after or before the one that has the focus. */
function walk(by) {
  const links = [...document.querySelectorAll("[data-walk]")].filter((link) => link.checkVisibility());
  if (!links.length) return false;
  const here = links.indexOf(document.activeElement.closest("[data-walk]"));
  links[here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, here + by))].focus();
  return true;
}

function search() {
  const field = document.querySelector("main input[type=search]");
  if (!field) return show("palette");
  field.focus();
  field.select();
  return true;
}

let ahead; // what is typed while the palette is on its way

let isComing = false; // a key that is held down opens one

function show(what) {
  if (isComing) return true;
  isComing = true;
  if (what === "palette") ahead = "";
  import("./palette.js").then((palette) => {
    if (what === "keys") palette.showKeys();
    else palette.showPalette(ahead);
  }).finally(() => {
    isComing = false;
    ahead = undefined;
  });
  return true;
}
