// The map of the items: drawn, moved, pointed at; a line around items is a filter. All the same stands in a table beside it.

import { pointCanvas } from "../lib/point_canvas.js";
import { PointField, simplified } from "../lib/point_field.js";

const SIDE = 65535;
const MOST_CORNERS = 60;
const NEAR = 12;
const REACH_PX = 14;
const HOVER_MS = 140;
const MANY = 200_000; // points from which on they are small, and drawn at one pixel a pixel
const OTHERS = 252; // the numbers of what is no value, as the server has them
const NOT_CHOSEN = 255;
const SHADES = 16;
const OF_NO_VALUE = ["others", "several", "none", "faint"];

const root = document.querySelector("[data-map]");
const part = (name) => root.querySelector(`[data-${name}]`);
const [canvas, over, stage] = [part("canvas"), part("over"), root.querySelector(".map__stage")];
const [state, legend, card, selection] = ["state", "legend", "card", "selection"].map(part);
const picker = document.querySelector("[data-colour] select");
const select = part("select");

let field, drawing, colours, told; // told: the legend
let view = { x: 0, y: 0, scale: 0.01 };
let outline = []; // corners on the map
let ring = -1; // the item pointed at
let pinned = false;
let lit = null; // the number of the one value that stands out
let isMarked = false; // whether the middle is marked, for keys

// ---- what is on the map ----
async function start() {
  try {
    const response = await fetch(root.dataset.points, { credentials: "same-origin" });
    if (!response.ok) throw new Error(response.status);
    const places = new Uint16Array(await response.arrayBuffer());
    colours = new Uint8Array(places.length >> 1);
    field = new PointField(places);
    drawing = pointCanvas(canvas, places, colours);
    const known = root.dataset.outline.split("-").slice(1).map(Number);
    for (let i = 0; i + 1 < known.length; i += 2) outline.push([known[i], known[i + 1]]);
    await recolour();
    whole();
    new ResizeObserver(fit).observe(stage);
    state.textContent = "";
    root.dataset.ready = "";
  } catch (error) {
    state.textContent = "The map could not be loaded. Reload the page to try again.";
    throw error;
  }
}

async function recolour() {
  const query = new URLSearchParams(root.dataset.query);
  query.set("colour", picker.value);
  const response = await fetch(`${root.dataset.colours}?${query}`, { credentials: "same-origin", cache: "no-store" });
  if (!response.ok) throw new Error(response.status);
  const body = await response.arrayBuffer();
  const length = new DataView(body).getUint32(0, true);
  told = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  const of = new Uint8Array(body, 4 + length);
  for (let i = 0; i < colours.length; i++) {
    const number = i < of.length ? of[i] : NOT_CHOSEN;
    colours[i] = number >= OTHERS ? number - OTHERS + 12 : number;
  }
  lit = null;
  showLegend();
  plan();
}

const shadeName = (number) =>
  number >= OTHERS ? OF_NO_VALUE[number - OTHERS] : told.has_order ? `ramp-${Math.min(number, 4)}` : String(number);

function showLegend() {
  legend.replaceChildren(
    ...told.values.map((value) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      const dot = document.createElement("span");
      dot.className = `legend__dot legend__dot--${shadeName(value.number)}`;
      const words = document.createElement("bdi");
      words.textContent = value.words;
      const n = document.createElement("span");
      n.className = "quiet number";
      n.textContent = value.n.toLocaleString("en");
      button.append(dot, words, n);
      button.addEventListener("click", () => {
        lit = lit === value.number ? null : value.number;
        for (const each of legend.querySelectorAll("button")) each.setAttribute("aria-pressed", "false");
        button.setAttribute("aria-pressed", String(lit !== null));
        plan();
      });
      const row = document.createElement("li");
      row.append(button);
      return row;
    }),
  );
}

function palette() {
  const styles = getComputedStyle(document.documentElement);
  const shade = (name, alpha) => {
    const hex = styles.getPropertyValue(`--map-${name}`).trim();
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255 || 0).concat(alpha);
  };
  const usual = colours.length > MANY ? 0.6 : 0.85;
  return Array.from({ length: SHADES }, (_, place) => {
    const number = place >= 12 ? place - 12 + OTHERS : place;
    if (place > 9 && place < 12) return [0, 0, 0, 0];
    if (number === NOT_CHOSEN || (lit !== null && lit !== number)) return shade("faint", 0.28);
    return shade(shadeName(number), number === 254 ? 0.55 : usual);
  });
}

// ---- drawing ----
let planned = false;
function plan() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    const closer = (view.scale / fitting()) ** 0.3;
    const base = colours.length > MANY ? 1.6 : colours.length > 20_000 ? 2.4 : colours.length > 2_000 ? 4 : 6;
    drawing.draw(view, Math.min(14, base * closer), palette());
    drawOver();
  });
}

function drawOver() {
  const pen = over.getContext("2d");
  const ratio = over.width / over.clientWidth;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, over.clientWidth, over.clientHeight);
  const styles = getComputedStyle(document.documentElement);
  const accent = styles.getPropertyValue("--accent").trim();
  pen.lineWidth = 2;
  pen.strokeStyle = accent;
  if (outline.length > 1) {
    pen.beginPath();
    for (const [x, y] of outline) pen.lineTo(view.x + x * view.scale, view.y + y * view.scale);
    pen.closePath();
    pen.stroke();
    pen.globalAlpha = 0.08;
    pen.fillStyle = accent;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
  }
  if (ring >= 0) {
    pen.strokeStyle = styles.getPropertyValue("--ink").trim();
    pen.beginPath();
    pen.arc(view.x + field.places[2 * ring] * view.scale, view.y + field.places[2 * ring + 1] * view.scale, 7, 0, 7);
    pen.stroke();
  }
  if (isMarked) {
    const [x, y] = [over.clientWidth / 2, over.clientHeight / 2];
    pen.beginPath();
    pen.moveTo(x - 8, y);
    pen.lineTo(x + 8, y);
    pen.moveTo(x, y - 8);
    pen.lineTo(x, y + 8);
    pen.stroke();
  }
}

// ---- where one looks ----
const fitting = () => Math.min(stage.clientWidth, stage.clientHeight) / SIDE;

function fit() {
  const ratio = Math.min(colours.length > MANY ? 1 : 2, devicePixelRatio || 1);
  for (const each of [canvas, over]) {
    each.width = Math.round(stage.clientWidth * ratio);
    each.height = Math.round(stage.clientHeight * ratio);
  }
  plan();
}

function whole() {
  const scale = fitting();
  view = { x: (stage.clientWidth - SIDE * scale) / 2, y: (stage.clientHeight - SIDE * scale) / 2, scale };
  fit();
}

function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  const scale = Math.min(400 * fitting(), Math.max(0.5 * fitting(), view.scale * factor));
  view = { x: x - ((x - view.x) * scale) / view.scale, y: y - ((y - view.y) * scale) / view.scale, scale };
  plan();
}

function move(dx, dy) {
  view.x += dx;
  view.y += dy;
  plan();
}

const onMap = (x, y) => [(x - view.x) / view.scale, (y - view.y) / view.scale];
const isShown = (i) => colours[i] !== NOT_CHOSEN - OTHERS + 12;

function itemAt(x, y, reach = REACH_PX) {
  const [found] = field.nearest(...onMap(x, y), 1, reach / view.scale, isShown);
  return found ?? -1;
}

// ---- cards ----
let asked = 0;
let hovering = 0;
async function show(ordinals) {
  const mine = ++asked;
  const response = await fetch(`${root.dataset.cards}?at=${ordinals.join(",")}`, { credentials: "same-origin" });
  if (!response.ok || mine !== asked) return;
  const parts = new DOMParser().parseFromString(await response.text(), "text/html");
  card.replaceChildren(...parts.body.children);
}

function open(item) {
  if (item < 0) return;
  clearTimeout(hovering);
  ring = item;
  pinned = true;
  const near = field.nearest(field.places[2 * item], field.places[2 * item + 1], NEAR + 1, Infinity, isShown);
  show([item, ...near.filter((i) => i !== item).slice(0, NEAR)]);
  plan();
}

function hover(x, y) {
  const item = itemAt(x, y);
  if (pinned || item === ring) return;
  ring = item;
  plan();
  clearTimeout(hovering);
  if (item >= 0) hovering = setTimeout(() => show([item]), HOVER_MS);
}

// ---- outlines ----
function enclose(line) {
  const corners = simplified(line, MOST_CORNERS).map((corner) =>
    corner.map((side) => Math.round(Math.min(SIDE, Math.max(0, side)))),
  );
  if (corners.length < 3) {
    clear();
    return;
  }
  outline = corners;
  const n = field.countInside(corners, isShown);
  selection.hidden = false;
  part("selected").textContent = `${n.toLocaleString("en")} item${n === 1 ? "" : "s"} inside`;
  const query = new URLSearchParams(root.dataset.query);
  query.set("map", `${root.dataset.number}-${corners.flat().join("-")}`);
  part("open").href = `${root.dataset.items}?${query}`;
  plan();
}

function clear() {
  outline = [];
  selection.hidden = true;
  plan();
}

// ---- hands ----
const held = new Map(); // pointers that are down
let line = null;
let moved = 0;
let spread = 0;

const place = (event) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

canvas.addEventListener("pointerdown", (event) => {
  if (!drawing || event.button) return;
  canvas.setPointerCapture(event.pointerId);
  held.set(event.pointerId, place(event));
  moved = 0;
  isMarked = false;
  line = held.size === 1 && (event.shiftKey || isSelecting()) ? [onMap(...place(event))] : null;
  spread = 0;
});

canvas.addEventListener("pointermove", (event) => {
  if (!drawing) return;
  const [x, y] = place(event);
  const before = held.get(event.pointerId);
  if (!before) {
    hover(x, y);
    return;
  }
  held.set(event.pointerId, [x, y]);
  moved += Math.hypot(x - before[0], y - before[1]);
  if (held.size === 2) {
    const [[x1, y1], [x2, y2]] = [...held.values()];
    const apart = Math.hypot(x2 - x1, y2 - y1);
    if (spread) zoom(apart / spread, (x1 + x2) / 2, (y1 + y2) / 2);
    spread = apart;
    move((x - before[0]) / 2, (y - before[1]) / 2);
  } else if (line) {
    line.push(onMap(x, y));
    outline = line;
    plan();
  } else move(x - before[0], y - before[1]);
});

function release(event) {
  if (!held.delete(event.pointerId)) return;
  spread = 0;
  if (line && held.size === 0) {
    if (moved > REACH_PX) enclose(line);
    line = null;
  } else if (moved < 5 && event.type === "pointerup") {
    const item = itemAt(...place(event), event.pointerType === "touch" ? 2 * REACH_PX : REACH_PX);
    pinned = item >= 0;
    if (pinned) open(item);
  }
}
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);

canvas.addEventListener(
  "wheel",
  (event) => {
    if (!drawing) return;
    event.preventDefault();
    zoom(Math.exp(-Math.sign(event.deltaY) * Math.min(0.5, Math.abs(event.deltaY) / 300)), ...place(event));
  },
  { passive: false },
);

const isSelecting = () => select.getAttribute("aria-pressed") === "true";
select.addEventListener("click", () => {
  select.setAttribute("aria-pressed", String(!isSelecting()));
  stage.classList.toggle("is-selecting", isSelecting());
});
part("clear").addEventListener("click", clear);
const ZOOMS = { in: () => zoom(1.5), out: () => zoom(1 / 1.5), whole };
for (const button of root.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => drawing && ZOOMS[button.dataset.zoom]());
}

const KEYS = {
  ArrowLeft: () => move(60, 0),
  ArrowRight: () => move(-60, 0),
  ArrowUp: () => move(0, 60),
  ArrowDown: () => move(0, -60),
  "+": () => zoom(1.3),
  "-": () => zoom(1 / 1.3),
  0: whole,
  Enter: () => open(itemAt(stage.clientWidth / 2, stage.clientHeight / 2, Infinity)),
};
canvas.addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!drawing || !act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  isMarked = true;
  act();
  plan();
});

picker.addEventListener("change", () => {
  const query = new URLSearchParams(location.search);
  query.set("colour", picker.value);
  history.replaceState(null, "", `?${query}`);
  recolour();
});
document.querySelector("[data-colour] button").hidden = true;
new MutationObserver(plan).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", plan);

start();
