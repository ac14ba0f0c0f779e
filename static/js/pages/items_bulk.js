// Items are selected and dealt with by keys: x selects, with shift a range; the keys of labels label what is selected, or
// the item under the cursor; the undo key takes the last one back.

import { call, wordsOf } from "../lib/api.js";
import { isForPage } from "../lib/quiet_keys.js";

const boot = JSON.parse(document.getElementById("bulk-boot").textContent);
const form = document.querySelector("[data-bulk]");
const boxes = [...document.querySelectorAll("[data-pick]")];
/** What a key of a label does at once. */
const MOST_UNASKED = 50;
let last = -1; // the box that was ticked last: where a range begins
let decided = null; // what was said by a key about one item: {id, cell, before}

function rowOf(element) {
  return element.closest("[data-row]");
}

function cursor() {
  return document.activeElement ? rowOf(document.activeElement) : null;
}

function boxOf(row) {
  return row?.querySelector("[data-pick]") ?? null;
}

const whole = document.querySelector("[data-whole]");
const isWhole = () => Boolean(whole?.checked);

function told() {
  if (!form) return;
  const ticked = boxes.filter((box) => box.checked).length;
  const count = form.elements.count?.value;
  form.querySelector("[data-count]").textContent = isWhole() ? Number(count ?? 0).toLocaleString("en") || "All" : String(ticked);
  const page = document.querySelector("[data-page]");
  page.checked = ticked > 0 && ticked === boxes.length;
  page.indeterminate = ticked > 0 && ticked < boxes.length;
  for (const box of boxes) rowOf(box).classList.toggle("is-picked", box.checked || isWhole());
  const isNone = !ticked && !isWhole();
  form.querySelector("button[type=submit]").disabled = isNone;
  form.toggleAttribute("data-none", isNone);
}

function pick(box, isRange) {
  const at = boxes.indexOf(box);
  if (isRange && last !== -1) {
    const [from, to] = [Math.min(at, last), Math.max(at, last)];
    for (const one of boxes.slice(from, to + 1)) one.checked = box.checked;
  }
  last = at;
  told();
}

for (const box of boxes) box.addEventListener("click", (event) => pick(box, event.shiftKey));

function fitted() {
  const { step, answer } = form.elements;
  if (!answer) return;
  answer.hidden = !["label", "gold"].includes(step.value);
  const comeTo = answer.querySelector("[data-come-to]");
  comeTo.hidden = step.value !== "gold";
  if (step.value === "gold") answer.value = "";
  else if (!answer.value) answer.selectedIndex = 1;
}

if (form) {
  document.querySelector("[data-page]").addEventListener("change", (event) => {
    for (const box of boxes) box.checked = event.target.checked;
    told();
  });
  whole.addEventListener("change", told);
  form.elements.step.addEventListener("change", fitted);
  fitted();
  told();
}

/** How many are selected; Infinity where a view has not been counted. */
function selected() {
  if (!isWhole()) return boxes.filter((box) => box.checked).length;
  return form.elements.count ? Number(form.elements.count.value) : Infinity;
}

/** One key is pressed by mistake easily: many items are labeled by a second one. Resolves to whether they are to be. */
function isMeant(label) {
  const n = selected();
  if (n <= MOST_UNASKED) return Promise.resolve(true);
  const dialog = document.querySelector("[data-ask]");
  const many = n === Infinity ? "all items of this view" : `${n.toLocaleString("en")} items`;
  dialog.querySelector("[data-words]").textContent = `Label ${many} ${label.name}?`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Labels what is selected by one step, which the page tells of when it is there again. */
async function labelSelected(label) {
  if (!(await isMeant(label))) return say("Nothing was labeled.");
  form.elements.step.value = "label";
  fitted();
  form.elements.answer.value = label.name;
  form.requestSubmit();
}

function say(words, isTrouble = false) {
  const place = document.querySelector("[data-said]");
  place.textContent = words;
  place.hidden = !words;
  place.classList.toggle("note--warning", isTrouble);
  place.classList.toggle("note--success", !isTrouble);
}

/** The item under the cursor is decided, as on the page of reviewers, and shown at once. */
async function labelOne(row, label) {
  const cell = row.querySelector("[data-answers]");
  const before = [...cell.childNodes].map((node) => node.cloneNode(true));
  const badge = document.createElement("span");
  badge.className = "badge badge--accent";
  badge.textContent = label.name;
  cell.replaceChildren(badge);
  const item = Number(row.dataset.row);
  const made = await call("POST", boot.urls.reviews, { item, verdict: "change", answer: label.answer });
  if (made.status !== 201) {
    cell.replaceChildren(...before);
    say(`Not saved. ${wordsOf(made.body, "The server could not be reached.")}`, true);
    return;
  }
  decided = { id: made.body.id, cell, before };
  say(`${row.dataset.name} labeled ${label.name}. ${boot.undo[0] ? `${boot.undo[0].toUpperCase()} takes it back.` : ""}`);
}

async function undoOne() {
  const { id, cell, before } = decided;
  decided = null;
  const undone = await call("POST", `${boot.urls.reviews}${id}/undo/`);
  if (undone.status !== 200) {
    say(`Not undone. ${wordsOf(undone.body, "The server could not be reached.")}`, true);
    return;
  }
  cell.replaceChildren(...before);
  say("Undone: the item is as before.");
}

// On the window, behind the keys of every page: what is pressed after g labels nothing.
addEventListener("keydown", (event) => {
  if (!isForPage(event) || event.repeat) return;
  const row = cursor();
  const key = event.key.toLowerCase();
  if (key === "x" && boxOf(row)) {
    const box = boxOf(row);
    box.checked = event.shiftKey ? true : !box.checked;
    pick(box, event.shiftKey);
  } else if (boot.undo.includes(key) || boot.undo.includes(event.key)) {
    if (decided) undoOne();
    else document.querySelector("[data-undo]")?.requestSubmit();
  } else {
    const label = boot.labels.find((one) => one.keys.includes(key));
    if (!label) return;
    if (form && (isWhole() || boxes.some((box) => box.checked))) labelSelected(label);
    else if (row?.querySelector("[data-answers]")) labelOne(row, label);
    else return;
  }
  event.preventDefault();
});
