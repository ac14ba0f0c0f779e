// The annotation page: puts the deck, the outbox, the item and the answer bar together.

import { announcer } from "../lib/announcer.js";
import { call, troubleOf, wordsOf } from "../lib/api.js";
import { keyNames } from "../lib/commands.js";
import { Deck } from "../lib/deck.js";
import { delivery } from "../lib/delivery.js";
import { Drafts } from "../lib/drafts.js";
import { Feedback } from "../lib/feedback.js";
import { KeptAnswer } from "../lib/kept_answer.js";
import { fillKeySheet } from "../lib/key_sheet.js";
import { Journal } from "../lib/journal.js";
import { Keyboard } from "../lib/keyboard.js";
import { Notices } from "../lib/notices.js";
import { Outbox } from "../lib/outbox.js";
import { LocalStore, openStore } from "../lib/outbox_store.js";
import { Pictures } from "../lib/pictures.js";
import { Remarks, remarkBody, remarkIn, remarkWords } from "../lib/remark.js";
import { recall, remember } from "../lib/remember.js";
import { SaveState } from "../lib/save_state.js";
import { Session } from "../lib/session.js";
import { SKIP_WORDS, SkipMenu } from "../lib/skip_menu.js";
import { tabLock } from "../lib/tab_lock.js";
import { viewportClass } from "../lib/viewport.js";
import { VisibleClock } from "../lib/visible_clock.js";

const MAX_ELAPSED_MS = 2_147_483_647;
const NO_WORK_MS = [5_000, 10_000, 20_000, 30_000];
const IMPORTING_MS = 1_000;
const REFETCH_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
const PROGRESS_MS = 30_000;

const boot = JSON.parse(document.getElementById("boot").textContent);
const { Workspace } = await import(document.documentElement.dataset.kindScript);
const readKey = `querent:instructions:${boot.user}:${boot.project.slug}`;
const $ = (selector) => document.querySelector(selector);

// questions of a practice round have numbers of their own: what the browser keeps of them stays apart
const keeper = boot.practice ? `${boot.user}-practice-${boot.practice}` : boot.user;
const say = announcer($("#said"));
const clock = new VisibleClock();
const pictures = new Pictures();
const channel = "BroadcastChannel" in window ? new BroadcastChannel(`querent:${keeper}`) : null;
const session = new Session(boot.urls.state, boot, noteProject);
const notices = new Notices(document.body, {
  wake,
  reload: () => location.reload(),
  refused: () => saveState.open(),
  instructions: () => toggleInstructions(true),
});
const drafts = new Drafts(new LocalStore(`querent-drafts-${keeper}`), boot.project.labels_version);
const workspace = new Workspace({
  stage: $("#item"),
  bar: $("#answers"),
  labels: boot.labels,
  keys: boot.keys,
  storageKey: `querent:recent:${boot.user}:${boot.project.slug}`,
  give,
  draft: noteDraft,
  ready: pictureIsThere,
});
const remarks = new Remarks({
  strip: $("#remark"),
  form: $("#comment"),
  covered: $("#answer-bar"),
  drafts: new Drafts(new LocalStore(`querent-remarks-${keeper}`), 0), // of no label set
  revise,
  closed: () => restFocus(),
});
const kept = new KeptAnswer({
  strip: $("#kept"),
  isReady: () => workspace.isReady,
  words: (answer) => workspace.words(answer),
  give: (entry, answer) => entry === deck.current && give(answer),
});
const skipMenu = new SkipMenu({ panel: $("#skip-menu"), covered: $("#answer-bar"), skip });
const journal = new Journal(`querent-journal-${keeper}`);
const feedback = new Feedback({
  sheet: $("#feedback"),
  words: (answer) => workspace.words(answer),
  say,
  closed: () => clock.restart(),
  finished: () => location.reload(),
});
const deliver = delivery({
  api: boot.urls.api,
  user: boot.user,
  several: !boot.practice, // each of its answers is explained before the next one
  whoAmI: () => session.whoAmI(),
});
const outbox = new Outbox({
  journal,
  store: await openStore(`querent-outbox-${keeper}`),
  deliver: async (entries) => {
    const outcomes = await deliver(entries);
    for (const [index, { kind, body }] of outcomes.entries()) if (kind === "done") feedback.hear(entries[index], body);
    return outcomes;
  },
  lock: tabLock(`querent-outbox-${keeper}`),
  channel,
  changed: outboxChanged,
});
const saveState = new SaveState({ button: $("#save-state"), sheet: $("#outbox"), outbox, notices, describe, say });
const deck = new Deck({ fetchTasks, unsent: () => outbox.tasks, changed: draw });

let mine = boot.mine;
let newMs = 0; // what answers took that the server had not counted when it told the time of the day last
let shown = null; // the entry on the table as last drawn
let fetchTries = 0;
let fetchAfterMs = 0; // what the server asked for
let emptyPolls = 0;
let fetchTimer = 0;
let pauseReason = "";
let shownGiven = null;
let progressAskedAt = 0;
let isFirstVisit = false;

async function start() {
  for (const cap of document.querySelectorAll("[data-cap]")) nameCap(cap);
  await outbox.start();
  deck.start(...withUnsent(boot.history, boot.tasks, [...overtaken(), ...outbox.unsent]));
  if (boot.opens) {
    deck.open(boot.opens);
    history.replaceState(null, "", location.pathname); // a reload goes on with the questions
  }
  draw();
  listen();
  noteInstructions();
  if (!boot.project.archived) deck.fill();
}

/** What the server came to know after it had made this page: only where the page says otherwise. */
function overtaken() {
  const open = new Set(boot.tasks.filter((task) => !task.returned).map((task) => task.id)); // sent back after it was done
  const newest = new Map(journal.done.map((entry) => [entry.task, entry]));
  return [...newest.values()].filter(({ task, op }) => open.has(task) === (op !== "take_back"));
}

/** What was answered here but has not reached the server counts as answered, after a reload too. */
function withUnsent(history, tasks, unsent) {
  const past = new Map(history.map((entry) => [entry.task.id, entry]));
  const open = new Map(tasks.map((task) => [task.id, task]));
  for (const { task, op, body, question } of unsent.filter((entry) => entry.project === boot.project.slug)) {
    const before = past.get(task)?.given.answer ? 1 : 0;
    mine += (op === "answer" ? 1 : 0) - before;
    if (op === "take_back") {
      past.delete(task);
      open.set(task, question);
    } else {
      const remark = remarkIn({ ...past.get(task)?.given, ...body });
      past.set(task, { task: question, given: op === "skip" ? { skip: body.reason } : { answer: body.answer, ...remark } });
      open.delete(task);
    }
  }
  const inOrder = [...open.values()].sort((a, b) => a.id - b.id);
  return [[...past.values()].slice(-20), inOrder];
}

// ---- what a person does ----

function give(answer) {
  const entry = deck.current;
  if (!entry || uncover()) return;
  if (!workspace.isReady) return pressedTooSoon(entry, answer);
  kept.drop();
  const remark = remarks.of(entry);
  if (!(entry.given?.answer && JSON.stringify(entry.given.answer) === JSON.stringify(answer))) {
    if (!entry.given?.answer) {
      mine += 1;
      newMs += clock.elapsedMs;
    }
    sendAnswer(entry, answer, remarkBody(remark, remarks.before(entry)));
  }
  drafts.note(entry.task.id, null);
  remarks.given(entry);
  deck.give({ answer, ...remark });
}

function sendAnswer(entry, answer, remark) {
  const seen = boot.ui_version ? { ui_version: boot.ui_version, viewport: viewportClass() } : {};
  send(entry, "answer", { answer, elapsed_ms: Math.min(clock.elapsedMs, MAX_ELAPSED_MS), ...seen, ...remark });
}

/** The answer on the table stays; what goes with it is another. */
function revise(entry, remark) {
  sendAnswer(entry, entry.given.answer, remark);
  entry.given = { ...entry.given, ...remark };
  draw();
}

function doubt() {
  const entry = deck.current;
  if (!entry || boot.practice || uncover()) return;
  const isDoubted = remarks.toggle(entry);
  say(isDoubted ? `Not sure: this goes with your answer.${entry.given?.answer ? "" : " Now answer."}` : "No longer marked as not sure.");
  restFocus();
}

function comment() {
  if (deck.current && !boot.practice && !uncover()) remarks.open(deck.current);
}

function skip(reason) {
  const entry = deck.current;
  if (!entry || uncover()) return;
  if (entry.given?.answer) mine -= 1;
  if (entry.given?.skip !== reason) send(entry, "skip", { reason });
  drafts.note(entry.task.id, null);
  deck.give({ skip: reason });
  restFocus();
}

function takeBack() {
  const entry = deck.current;
  if (!entry?.given) return;
  if (entry.given.answer) mine -= 1;
  send(entry, "take_back");
  deck.takeBack();
  say("Taken back. The question is open again.");
  restFocus();
}

/** A half-made answer is there again when the question is, after a reload too. */
function noteDraft(answer) {
  kept.drop();
  const entry = deck.current;
  if (entry && !entry.given) drafts.note(entry.task.id, answer);
}

function markWhatIs(entry) {
  workspace.mark(entry ? (entry.given?.answer ?? drafts.of(entry.task.id)) : null);
}

function send(entry, op, body) {
  outbox.add({ task: entry.task.id, project: boot.project.slug, op, body, question: entry.task });
  channel?.postMessage({ type: "settled", task: entry.task.id, op });
}

/** Nothing is given for what nobody has seen: it waits until the picture is there. */
function pressedTooSoon(entry, answer) {
  workspace.mark(answer);
  if (workspace.isLoading) kept.keep(entry, answer);
  else {
    markWhatIs(entry);
    kept.refuse("Nothing was given: there is no picture to judge.");
  }
  say($("#kept [data-text]").textContent);
}

/** Takes a press back that waits for its picture. */
function letGo() {
  if (!kept.drop()) return false;
  markWhatIs(deck.current);
  say("Nothing was given.");
  restFocus();
  return true;
}

function undo() {
  if (letGo()) return;
  if (!deck.back()) say("There is nothing further back.");
}

function toggleInstructions(open = $("#instructions").hidden) {
  const drawer = $("#instructions");
  if (open === !drawer.hidden) return false;
  drawer.hidden = !open;
  $("[data-command=instructions]").setAttribute("aria-expanded", String(open));
  workspace.zoom.reset();
  if (open) {
    drawer.querySelector("h2").focus();
    remember(readKey, boot.instructions.version);
    notices.set("instructions", false);
  } else {
    restFocus(isFirstVisit ? undefined : "[data-command=instructions]"); // back to where it was, and nobody pressed that
    if (isFirstVisit && deck.current && workspace.isReady) clock.restart(); // reading them was no part of answering
    isFirstVisit = false;
  }
  return true;
}

/** Where the instructions lie over the question a press only closes them; true when it did. */
function uncover() {
  return getComputedStyle($("#instructions")).position === "absolute" && toggleInstructions(false);
}

/** Made when it is opened: some keys go by how the page is arranged. */
function showKeys() {
  fillKeySheet($("#keys [data-part=rows]"), {
    answering: workspace.shortcuts, modality: boot.project.modality, keys: boot.keys, looking: workspace.looking,
  });
  $("#keys").showModal();
}

/** Ctrl is another key on a Mac. */
function nameCap(cap) {
  const [key] = boot.keys[cap.dataset.cap];
  if (key.startsWith("mod+")) [cap.textContent] = keyNames([key]);
}

const commands = {
  undo,
  doubt,
  comment,
  forward: () => deck.forward(),
  takeBack,
  takeSuggestion,
  skip: () => {
    letGo();
    if (deck.current) skipMenu.open();
  },
  letGo,
  instructions: () => toggleInstructions(),
  theme: () => $("[data-theme-toggle]").click(),
  keys: showKeys,
  reload: () => location.reload(),
  wake,
};

function listen() {
  new Keyboard({
    workspace, skipMenu, keys: boot.keys, commands,
    onTable: () => deck.current,
    close: (typing) => letGo() || (!typing && toggleInstructions(false)),
  });
  addEventListener("click", (event) => {
    const button = event.target.closest("[data-command]");
    const again = event.detail > 1 && button?.dataset.command === "takeSuggestion"; // it would be about the next question
    if (button && !button.disabled && !again) commands[button.dataset.command]();
    const closed = event.target.closest("[data-close]")?.closest("dialog");
    closed?.close();
  });
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => restFocus());
  }
  $("#item").addEventListener("blur", (event) => event.target.classList.remove("is-resting"));
  addEventListener("resize", () => deck.current && workspace.fit());
  addEventListener("online", wake);
  addEventListener("offline", () => saveState.draw());
  addEventListener("pageshow", (event) => event.persisted && wake());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  addEventListener("beforeunload", (event) => outbox.mustWait && event.preventDefault());
  channel?.addEventListener("message", ({ data }) => {
    if (data.type === "outbox") outbox.reload();
    else if (data.op !== "take_back") deck.settledElsewhere(data.task);
  });
  setInterval(() => document.visibilityState === "visible" && session.whoAmI(), PROGRESS_MS);
  const renewMs = Math.max(5_000, Math.min(300_000, (boot.project.lease_s * 1_000) / 3));
  setInterval(() => document.visibilityState === "visible" && deck.current && deck.fill({ renew: true }), renewMs);
}

/** The focus never falls off the page: from something that is gone it moves to where the next key is expected. */
function restFocus(selector) {
  if (selector) return $(selector).focus({ preventScroll: true });
  const held = document.activeElement ?? document.body;
  const lost = held !== document.body && (!held.checkVisibility() || held.disabled);
  if (workspace.bar.takesText && deck.current && (lost || held === document.body || held === workspace.bar.field)) workspace.bar.focus();
  else if (lost) {
    // It is where the keys are heard, nothing to press: a frame around the whole page would only ask what it means.
    $("#item").classList.add("is-resting");
    $("#item").focus({ preventScroll: true });
  }
}

// ---- what is seen ----

function draw() {
  const entry = deck.current;
  if (entry?.lost) {
    if (session.latest.nothing_because) return deck.dropLost(); // the page says why it is gone
    notices.set("lost", true);
    say("This question was given to somebody else. Here is the next one.");
    deck.dropLost();
    return;
  }
  pictures.keep([...(entry ? [entry.task] : []), ...deck.ahead.map(({ task }) => task)]);
  const another = entry !== shown;
  if (another) kept.drop();
  $("[data-command=undo]").disabled = !deck.canGoBack;
  $("[data-command=skip]").disabled = !entry;
  if (entry) drawQuestion(entry, another);
  else drawPause();
  remarks.draw(entry);
  shown = entry;
  drawProgress();
  scheduleFetch();
}

function drawQuestion(entry, another) {
  const { given } = entry;
  document.body.dataset.state = "question";
  $("#pause").hidden = true;
  $("#item").hidden = false;
  if (another) {
    workspace.show(entry.task, pictures.of(entry.task));
    workspace.fit();
    clock.restart();
    emptyPolls = 0;
  }
  if (another || entry.given !== shownGiven) markWhatIs(entry);
  const back = entry.task.returned;
  notices.set("returned", Boolean(back), back ? { comment: back.comment, answer: back.answer ? workspace.words(back.answer) : "" } : {});
  shownGiven = given;
  const past = $("#past");
  past.hidden = !given;
  drawSuggestion(entry);
  if (given) past.querySelector("[data-text]").textContent = pastWords(given);
  if (!another) return;
  if (skipMenu.isOpen) skipMenu.close();
  restFocus();
  const before = given ? pastWords(given) : shown?.given ? `Answered: ${describeGiven(shown.given)}.` : "";
  say(`${before} ${workspace.question} ${suggestionWords(entry)}`.trimEnd());
}

/** What a machine says of a question that is not answered yet: marked and never chosen. */
function suggestionOf(entry) {
  return entry && !entry.given && !entry.task.returned ? (entry.task.suggestion?.answer ?? null) : null;
}

function drawSuggestion(entry) {
  const strip = $("#suggestion");
  if (!strip) return;
  const answer = suggestionOf(entry);
  workspace.suggest(answer);
  strip.hidden = !answer;
  if (answer) strip.querySelector("[data-text]").textContent = workspace.words(answer);
}

function suggestionWords(entry) {
  const answer = suggestionOf(entry);
  return answer ? `A machine suggests ${workspace.words(answer)}.` : "";
}

/** The focus leaves the button: Enter must not give what is suggested for the next one, which nobody has seen. */
function takeSuggestion() {
  const answer = suggestionOf(deck.current);
  if (!answer) return;
  if ($("#suggestion").contains(document.activeElement)) document.activeElement.blur();
  give(answer);
}

function pastWords(given) {
  return given.skip ? `You skipped this: ${SKIP_WORDS[given.skip] ?? given.skip}.` : `You answered: ${answerWords(given)}.`;
}

function describeGiven(given) {
  return given.skip ? `skipped, ${SKIP_WORDS[given.skip] ?? given.skip}` : answerWords(given);
}

/** With what goes with it. */
function answerWords(given) {
  return [workspace.words(given.answer), remarkWords(remarkIn(given))].filter(Boolean).join(", ");
}

function describe({ op, body, project }) {
  if (project !== boot.project.slug) return `In project ${project}`;
  if (op === "answer") return `Answer: ${answerWords(body)}`;
  return op === "skip" ? `Skipped: ${SKIP_WORDS[body.reason]}` : "Answer taken back";
}

function drawPause() {
  const reason = whyPaused();
  const another = reason !== pauseReason || document.body.dataset.state === "question";
  document.body.dataset.state = pauseReason = reason;
  workspace.clear();
  clock.stop();
  $("#item").hidden = true;
  $("#past").hidden = true;
  drawSuggestion(null);
  notices.set("returned", false);
  $("#pause").hidden = false;
  for (const card of document.querySelectorAll("[data-pause]")) card.hidden = card.dataset.pause !== reason;
  if (!another) return;
  if (reason !== "fetching") say($(`[data-pause=${reason}]`).textContent.replace(/\s+/g, " ").trim());
  restFocus();
}

function whyPaused() {
  const project = session.latest.project;
  if (!project || !session.latest.asked) return "closed";
  if (project.archived) return "archived";
  if (session.latest.nothing_because) return session.latest.nothing_because; // paused, or a quota is reached
  if (!navigator.onLine || (!deck.reached && fetchTries > 1)) return "offline";
  if (!project.can_answer) return "no-labels";
  if (project.importing && (project.items === 0 || (deck.dry && deck.reached))) return "importing";
  if (project.items === 0) return "nothing-imported";
  if (!deck.dry || !deck.reached) return "fetching";
  if (boot.practice) return "practised";
  if (!boot.project.runs_out) return "no-more"; // pairs are drawn, not worked off
  return project.done + project.set_aside >= project.items ? "all-done" : "no-more";
}

function drawProgress() {
  const project = session.latest.project;
  if (!project) return;
  const answerable = Math.max(0, project.items - project.set_aside);
  const number = (value) => value.toLocaleString("en");
  for (const slot of document.querySelectorAll("[data-mine]")) slot.textContent = number(mine);
  for (const slot of document.querySelectorAll("[data-done]")) slot.textContent = number(project.done);
  for (const slot of document.querySelectorAll("[data-answers]")) slot.textContent = number(Math.max(project.answers, mine)); // own ones are counted at once
  for (const slot of document.querySelectorAll("[data-items]")) slot.textContent = number(answerable);
  const today = session.latest.today + Math.max(0, mine - session.latest.mine); // own ones are counted at once
  for (const slot of document.querySelectorAll("[data-today]")) slot.textContent = number(today);
  for (const slot of document.querySelectorAll("[data-day-time]")) slot.textContent = timeWords(session.latest.today_ms + newMs);
  for (const slot of document.querySelectorAll("[data-note]")) slot.textContent = session.latest.note;
  drawGoal(today);
  drawImport(project.importing);
  const bar = $("#progress");
  bar.max = Math.max(1, answerable);
  bar.value = project.done;
}

/** "1 h 24 min"; "" below one minute. */
function timeWords(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (!minutes) return "";
  return minutes < 60 ? `, ${minutes} min` : `, ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The goal beside the counter: of the day where there is one, else of all. Nothing is said when it is missed. */
function drawGoal(today) {
  const { day, total } = session.latest.goal ?? {};
  const [given, goal, when] = day ? [today, day, " today"] : [mine, total, ""];
  const slot = $("[data-goal]");
  slot.hidden = !goal;
  if (goal) slot.textContent = given >= goal ? `goal reached${when}` : `${given.toLocaleString("en")} of ${goal.toLocaleString("en")}${when}`;
}

function drawImport(importing) {
  if (!importing) return;
  const { done, total } = importing;
  const number = (value) => value.toLocaleString("en");
  $("[data-import-words]").textContent = total ? `${number(done)} of ${number(total)} rows are read.` : done ? `${number(done)} rows are read.` : "";
  const bar = $("[data-import-bar]");
  if (total) [bar.max, bar.value] = [total, done];
  else bar.removeAttribute("value");
}

function pictureIsThere() {
  clock.restart();
  kept.pictureIsThere();
}

// ---- the server ----

async function fetchTasks(count) {
  const { status, body, retryAfterS } = await call("POST", `${boot.urls.api}/projects/${boot.project.slug}/tasks/next/`, { count });
  if (status === 200 && Array.isArray(body)) {
    fetchTries = 0;
    if (!body.length) await session.whoAmI(); // there may be a reason other than that nothing is left
    return body;
  }
  fetchTries += 1;
  fetchAfterMs = retryAfterS * 1_000;
  $("[data-trouble]").textContent = troubleOf({ status, body });
  if (status === 401 || status === 403 || status === 404) {
    const who = await session.whoAmI();
    const mineStill = who.reached && who.user === boot.user;
    notices.set("signed-out", who.reached && who.user === null, { count: "" });
    notices.set("not-allowed", mineStill, mineStill ? { why: wordsOf(body, "") } : {});
  }
  return null;
}

/** Asks again when the server was not reached, and gently when it had nothing. */
function scheduleFetch() {
  clearTimeout(fetchTimer);
  if (session.latest.project?.archived) return;
  const stepMs = REFETCH_MS[Math.min(fetchTries, REFETCH_MS.length - 1)];
  if (!deck.reached) fetchTimer = setTimeout(() => deck.fill(), Math.max(stepMs, fetchAfterMs));
  else if (!deck.current && deck.dry) {
    fetchTimer = setTimeout(async () => {
      emptyPolls += 1;
      if (document.visibilityState !== "visible") return scheduleFetch();
      await session.whoAmI();
      deck.fill();
    }, session.latest.project?.importing ? IMPORTING_MS : NO_WORK_MS[Math.min(emptyPolls, NO_WORK_MS.length - 1)]);
  }
}

function wake() {
  outbox.wake();
  fetchTries = 0;
  deck.fill({ renew: true });
  saveState.draw();
}

function outboxChanged(settled) {
  saveState?.draw();
  if (settled && !settled.refused && outbox.unsent.length === 0) noteSaved();
}

/** The project's count moves with one's own answers, though not at every one. */
function noteSaved() {
  if (Date.now() - progressAskedAt < 5_000 && deck.current) return;
  progressAskedAt = Date.now();
  session.whoAmI();
}

function noteProject(latest) {
  if (latest.user !== boot.user) return;
  notices.set("signed-out", outbox.status === "signed-out");
  notices.set("other-user", false);
  const project = latest.project;
  // the page was made without an answer bar: once there are labels it is made anew
  if (pauseReason === "no-labels" && project?.can_answer) return location.reload();
  if (project) {
    notices.set("changed", project.labels_version !== boot.project.labels_version || project.instructions_version !== boot.instructions.version);
    if (outbox.unsent.length === 0) [mine, newMs] = [latest.mine, 0];
  }
  if (deck.current) drawProgress();
  else draw();
}

/** Open on a person's first visit; from then on a line says when there is a newer version. */
function noteInstructions() {
  const { version } = boot.instructions;
  const read = recall(readKey);
  isFirstVisit = version > 0 && read === null;
  if (isFirstVisit) toggleInstructions(true);
  else notices.set("instructions", version > 0 && read !== version);
}

await start();
