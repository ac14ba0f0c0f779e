// The page of reviewers: what waits, what was said of it, and the same keys as for labeling.

import { announcer } from "../lib/announcer.js";
import { call, troubleOf, wordsOf } from "../lib/api.js";
import { keyNames, lookingAt } from "../lib/commands.js";
import { Keyboard } from "../lib/keyboard.js";
import { Pictures } from "../lib/pictures.js";
import { sheetOf } from "../lib/key_sheet.js";
import { SkipMenu } from "../lib/skip_menu.js";

const AHEAD = 4; // claimed at once: the one on the table and those that are fetched meanwhile
const REMEMBERED = 20;

const boot = JSON.parse(document.getElementById("boot").textContent);
const { Workspace } = await import(document.documentElement.dataset.kindScript);
const $ = (selector) => document.querySelector(selector);
const say = announcer($("#said"));
const pictures = new Pictures();

let waiting = []; // entries at hand, the first one is on the table
let past = []; // {entry, id} of what was decided here, newest last
let later = new Set(); // items put off on this page
let done = 0;
let total = boot.waiting;
let isBusy = false;
let isFetching = false;
let isAskedAgain = false; // while it was fetching
const decidedMeanwhile = new Set(); // the answer under way may still name them
let draft = null;
let trouble = "";

const workspace = new Workspace({
  stage: $("#item"),
  bar: $("#answers"),
  labels: boot.labels,
  keys: boot.keys,
  storageKey: `querent:recent:${boot.user}:${boot.project.slug}`,
  give,
  draft: (answer) => (draft = answer),
  ready: () => {},
});
const moreMenu = new SkipMenu({ panel: $("#more-menu"), covered: $("#answer-bar"), skip: chosenFromMore });
const current = () => waiting[0];
const isBlind = (entry) => entry.sort === "blind";

// ---- what a reviewer does ----

function give(answer) {
  const entry = current();
  if (!entry) return;
  if (!workspace.isReady) return say("Nothing was decided: there is no picture to judge yet.");
  const isSame = entry.accepted && JSON.stringify(entry.accepted) === JSON.stringify(answer);
  decide(isSame ? { verdict: "accept" } : { verdict: "change", answer }, workspace.words(answer));
}

function accept() {
  const entry = current();
  if (!entry) return;
  if (isBlind(entry)) return warn("This one is decided without seeing what was said: choose an answer.");
  if (!entry.accepted) return warn("People’s answers come to nothing that could be accepted: choose an answer.");
  if (!workspace.isReady) return say("Nothing was decided: there is no picture to judge yet.");
  decide({ verdict: "accept" }, workspace.words(entry.accepted));
}

function chosenFromMore(verdict) {
  const entry = current();
  if (!entry) return;
  if (verdict !== "later") return decide({ verdict }, verdict === "set_aside" ? "set aside" : "somebody else is asked");
  later.add(entry.item);
  waiting.shift();
  fill(); // first: whether something is on its way is part of what is drawn
  draw();
}

function openBack() {
  if (current() && isBlind(current())) return warn("This one is decided without seeing what was said: choose an answer.");
  const people = current()?.answers.filter((one) => !one.imported) ?? [];
  if (!people.length) return warn("What came with an import has no author to ask.");
  const select = $("#back select");
  select.replaceChildren(...people.map(({ by, words }) => new Option(`${by}: ${words || "none of these"}`, by)));
  $(".back__who").hidden = people.length < 2;
  $("#back").hidden = false;
  $("#answer-bar").hidden = true;
  $("#back textarea").value = "";
  $("#back textarea").focus();
}

function closeBack() {
  if ($("#back").hidden) return false;
  $("#back").hidden = true;
  $("#answer-bar").hidden = false;
  rest();
  return true;
}

function sendBack() {
  const form = new FormData($("#back"));
  const comment = form.get("comment").trim();
  if (!comment) return $("#back textarea").focus();
  closeBack();
  decide({ verdict: "send_back", author: form.get("author"), comment }, `sent back to ${form.get("author")}`);
}

/** One decision at a time: the next item is shown once this one is on the server's disk. */
async function decide(body, words) {
  if (isBusy) return;
  isBusy = true;
  const entry = current();
  decidedMeanwhile.add(entry.item);
  const answer = await call("POST", boot.urls.reviews, { item: entry.item, ...body });
  isBusy = false;
  if (answer.status === 201) {
    past = [...past, { entry, id: answer.body.id }].slice(-REMEMBERED);
    done += 1;
    next(entry, words);
  } else if (answer.status === 409 || answer.status === 404) {
    warn(wordsOf(answer.body, "Somebody else has it."));
    next(entry, "");
  } else warn(answer.status ? wordsOf(answer.body, troubleOf(answer)) : troubleOf(answer));
}

function next(entry, words) {
  waiting = waiting.filter((one) => one !== entry);
  if (words) {
    $("#trouble").hidden = true;
    say(`${words}. ${done} reviewed.`);
  }
  fill(); // first: whether something is on its way is part of what is drawn
  draw();
}

async function undo() {
  const last = past.at(-1);
  if (!last || isBusy) return last ? undefined : say("There is nothing further back.");
  isBusy = true;
  const answer = await call("POST", `${boot.urls.reviews}${last.id}/undo/`);
  isBusy = false;
  if (answer.status !== 200) return warn(wordsOf(answer.body, troubleOf(answer)));
  past = past.slice(0, -1);
  done -= 1;
  decidedMeanwhile.delete(last.entry.item);
  waiting = [last.entry, ...waiting.filter((one) => one.item !== last.entry.item)];
  draw();
  say("Undone. The item is here again.");
}

/** What is said about the item stays with it, whatever is decided. */
async function comment() {
  const entry = current();
  const field = $("#said-of-it [data-say] textarea");
  const text = field.value.trim();
  if (!entry || !text) return field.focus();
  const answer = await call("POST", boot.urls.comments.replace("/0/", `/${entry.item}/`), { text });
  if (answer.status !== 201) return warn(answer.status ? wordsOf(answer.body, troubleOf(answer)) : troubleOf(answer));
  const { author, created_at, open } = answer.body;
  entry.comments.push({ by: author, to: "", text, at: created_at, open });
  if (entry !== current()) return;
  field.value = "";
  drawComments(entry);
  say("The comment is saved.");
}

async function resolve() {
  const entry = current();
  if (!entry) return;
  const answer = await call("POST", `${boot.urls.comments.replace("/0/", `/${entry.item}/`)}resolve/`, {});
  if (answer.status !== 200) return warn(answer.status ? wordsOf(answer.body, troubleOf(answer)) : troubleOf(answer));
  for (const one of entry.comments) one.open = false;
  if (entry === current()) drawComments(entry), rest();
  say("The comments are settled.");
}

const commands = {
  accept, undo, resolve, sendBack: openBack, takeBack: openBack, closeBack,
  skip: () => current() && moreMenu.open(),
  more: () => current() && moreMenu.open(),
  theme: () => $("[data-theme-toggle]").click(),
  keys: showKeys,
  wake: () => fill(),
  dismiss: () => ($("#trouble").hidden = true),
};

function listen() {
  // before the page's own keys: Enter accepts, unless it gives what was begun or presses what has the focus
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.repeat || event.isComposing || event.defaultPrevented) return;
    if (event.target.closest("textarea")) {
      if (event.ctrlKey || event.metaKey) event.preventDefault(), sendBack();
      return;
    }
    const isElsewhere = event.target.closest("button, a, summary, select, dialog");
    const isTyping = event.target === workspace.bar.field && !workspace.bar.isEmpty;
    if (isElsewhere || isTyping || draft || moreMenu.isOpen || !$("#back").hidden) return;
    event.preventDefault();
    accept();
  });
  new Keyboard({
    workspace, skipMenu: moreMenu, keys: boot.keys, commands,
    onTable: () => current() && $("#back").hidden,
    close: () => closeBack(),
  });
  addEventListener("click", (event) => {
    const button = event.target.closest("[data-command]");
    if (button && !button.disabled) commands[button.dataset.command]();
    event.target.closest("[data-close]")?.closest("dialog").close();
  });
  $("#back").addEventListener("submit", (event) => (event.preventDefault(), sendBack()));
  // the keys of the page are letters: what is typed here is no command
  $("#back").addEventListener("keydown", (event) => event.key !== "Escape" && event.key !== "Enter" && event.stopPropagation());
  $("[data-say]").addEventListener("submit", (event) => (event.preventDefault(), comment()));
  $("[data-say]").addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") rest();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.preventDefault(), comment();
  });
  $("#keys").addEventListener("close", rest);
  $("#said-of-it [data-model]").addEventListener("toggle", (event) => event.target.open && believed());
  $("#item").addEventListener("blur", (event) => event.target.classList.remove("is-resting"));
  addEventListener("pagehide", () => call("POST", `${boot.urls.reviews}release/`));
}

function showKeys() {
  const own = [
    [["Enter"], "Accept what people’s answers come to"],
    [keyNames(boot.keys.takeBack), "Send an answer back to its author"],
    [keyNames(boot.keys.skip), "Something else; then 1 ask somebody else, 2 set aside, 3 later"],
    [keyNames(boot.keys.undo), "Undo the last decision"],
    [["Esc"], "Close what is open"],
  ];
  const change = workspace.shortcuts.map(([keys, words]) => [keyNames(keys), words]);
  sheetOf($("#keys [data-part=rows]"), [["Decide", own], ["Change it to", change], ["Look", lookingAt(boot.project.modality, boot.keys)]]);
  $("#keys").showModal();
}

// ---- what is shown ----

function draw() {
  const entry = current();
  for (const slot of document.querySelectorAll("[data-done]")) slot.textContent = done.toLocaleString("en");
  total = Math.max(total, done + waiting.length);
  $("[data-total]").textContent = total.toLocaleString("en");
  [$("#progress").max, $("#progress").value] = [Math.max(1, total), done];
  $("[data-command=undo]").disabled = !past.length;
  for (const part of ["#item", "#said-of-it", "#bar"]) $(part).hidden = !entry;
  $("#pause").hidden = Boolean(entry);
  const reason = trouble ? "trouble" : isFetching || isAskedAgain ? "fetching" : "empty";
  for (const card of document.querySelectorAll("[data-pause]")) card.hidden = card.dataset.pause !== reason;
  document.body.dataset.state = entry ? "question" : reason;
  if (!entry) return;
  const shown = waiting.map(taskOf);
  pictures.keep(shown);
  if ($("#item").dataset.task === String(entry.item) && !$("#item").dataset.stale) return;
  draft = null;
  delete $("#item").dataset.stale;
  workspace.show(shown[0], pictures.of(shown[0]));
  workspace.mark(entry.review);
  drawSaid(entry);
  rest();
}

const tasks = new Map();

function taskOf(entry) {
  if (!tasks.has(entry.item)) tasks.set(entry.item, { id: entry.item, modality: boot.project.modality, kind: boot.project.kind, item: entry.task });
  return tasks.get(entry.item);
}

function drawSaid(entry) {
  const panel = $("#said-of-it");
  panel.dataset.item = entry.item;
  panel.querySelector("[data-why]").textContent = entry.why;
  panel.querySelector("[data-blind]").hidden = !isBlind(entry);
  panel.querySelector("[data-told]").hidden = isBlind(entry);
  panel.querySelector("[data-say] textarea").value = "";
  drawComments(entry);
  panel.querySelector("[data-before]").hidden = !entry.review;
  if (entry.review) panel.querySelector("[data-before] [data-text]").textContent = workspace.words(entry.review);
  panel.querySelector("[data-answers]").replaceChildren(...entry.answers.map(lineOf));
  panel.querySelector("[data-model]").open = false;
  panel.querySelector("[data-item]:is(a)").href = boot.urls.item.replace("/0/", `/${entry.item}/`);
  panel.scrollTop = 0;
  for (const name of ["accept", "sendBack"]) $(`[data-command=${name}]`).hidden = isBlind(entry); // nothing is known to accept
  $("[data-part=own]").hidden = !isBlind(entry);
  $("#accept").disabled = !entry.accepted;
  $("#accept [data-text]").textContent = entry.accepted ? workspace.words(entry.accepted) : "";
}

function drawComments({ comments }) {
  const panel = $("#said-of-it");
  panel.querySelector("[data-comments]").replaceChildren(...comments.map(commentOf));
  panel.querySelector("[data-none]").hidden = comments.length > 0;
  panel.querySelector("[data-command=resolve]").hidden = !comments.some((one) => one.open);
}

function commentOf({ by, to, text, at, open }) {
  const line = document.createElement("li");
  const [words, who] = [document.createElement("p"), document.createElement("span")];
  words.textContent = text;
  who.className = "said__by";
  const when = new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  who.textContent = `${by}${to ? `, to ${to}` : ""}, ${when}${open ? ", open" : ""}`;
  line.append(words, who);
  return line;
}

function lineOf({ by, words, imported, doubt, comment }) {
  const line = document.createElement("li");
  const [said, who] = [document.createElement("b"), document.createElement("span")];
  said.textContent = words || "none of these";
  who.className = "said__by";
  who.textContent = by ? `${by}${imported ? ", imported" : ""}` : "came with the data";
  line.append(said, who, ...(doubt ? [partOf("span", "said__doubt", "not sure")] : []), ...(comment ? [partOf("q", "said__comment", comment)] : []));
  return line;
}

function partOf(tag, className, words) {
  const part = document.createElement(tag);
  part.className = className;
  part.textContent = words;
  return part;
}

/** Fetched when it is unfolded, so that nobody reads it by the way. */
async function believed() {
  const entry = current();
  const slot = $("#said-of-it [data-model] [data-text]");
  slot.textContent = "…";
  const { status, body } = await call("GET", `${boot.urls.reviews}believed/${entry.item}/`);
  if (entry === current()) slot.textContent = status === 200 ? body.words || "They do not doubt the answer." : "Not known just now.";
}

function warn(words) {
  $("#trouble [data-text]").textContent = words;
  $("#trouble").hidden = !words;
}

function rest() {
  if (workspace.bar.takesText) return workspace.bar.focus();
  $("#item").classList.add("is-resting");
  $("#item").focus({ preventScroll: true });
}

// ---- the server ----

async function fill() {
  if (isFetching) isAskedAgain = true;
  if (isFetching || waiting.length >= AHEAD) return;
  [isFetching, isAskedAgain] = [true, false];
  decidedMeanwhile.clear();
  if (isBusy && current()) decidedMeanwhile.add(current().item);
  const wanted = Math.min(20, AHEAD + later.size);
  const answer = await call("POST", `${boot.urls.reviews}next/`, { count: wanted });
  isFetching = false;
  trouble = answer.status === 200 ? "" : troubleOf(answer);
  if (trouble) {
    $("[data-trouble]").textContent = answer.status ? wordsOf(answer.body, trouble) : trouble;
  } else {
    const known = new Set(waiting.map((entry) => entry.item));
    const isNew = ({ item }) => !known.has(item) && !later.has(item) && !decidedMeanwhile.has(item);
    waiting = [...waiting, ...answer.body.filter(isNew)];
  }
  draw();
  if (isAskedAgain && !trouble) fill();
}

listen();
const first = fill();
draw();
await first;
