import { Workspace as Classification } from "/static/js/kinds/classification.js";
import { Workspace as Multilabel } from "/static/js/kinds/multilabel.js";
import { Workspace as Pairwise } from "/static/js/kinds/pairwise.js";
import { Workspace as Rating } from "/static/js/kinds/rating.js";
import { equal, ok, test } from "./harness.js";

const STAGE = `
  <section id="stage"><p data-part="context" hidden><span data-text></span></p><div data-part="body"></div>
  <p data-part="loading" hidden></p><div data-part="failed" hidden><button></button></div><div data-part="light"></div><div data-part="zoom"></div></section>`;
const PAIR_STAGE = `
  <section id="stage" data-modality="text"><header data-part="context"><button data-part="picture"></button>
    <div data-part="brief"><p data-part="purpose"></p><p data-part="words"></p><dl data-part="facts"></dl></div>
    <button data-part="step"></button><button data-part="more"><span data-text></span></button></header>
  <div data-part="pair"><div data-part="left"></div><button data-winner="left"><kbd></kbd></button>
    <div data-part="right"></div><button data-winner="right"><kbd></kbd></button><div data-part="light"></div><div data-part="zoom"></div></div>
  <p data-part="loading" hidden></p><div data-part="failed" hidden><button></button></div></section>`;
const BUTTONS = '<button data-label="ham"></button><button data-label="spam"></button>';
const SUBMIT = "<button data-submit><span data-text></span></button>";
const WINNERS = '<button data-winner="tie"><kbd></kbd></button><button data-winner="neither"><kbd></kbd></button>';
const LABELS = [{ name: "ham", keys: ["h"] }, { name: "spam", keys: ["s"] }];
const ITEM = { id: 1, modality: "text", item: { text: "hello", fields: [], context: "" } };
const SIDE = { text: "one", fields: [], image: null };
const PAIR = { id: 1, modality: "text", context: { text: "q", purpose: "p", facts: [] }, left: SIDE, right: { ...SIDE, text: "two" } };

/** Of every kind: its page, a question, an answer with the keys that give it, and the words for it. */
const KINDS = {
  classification: { Workspace: Classification, stage: STAGE, bar: BUTTONS, task: ITEM, answer: { label: "spam" }, keys: ["s"], words: "spam" },
  multilabel: {
    Workspace: Multilabel, stage: STAGE, bar: BUTTONS + SUBMIT, task: ITEM, answer: { labels: ["ham", "spam"] },
    keys: ["s", "h", "Enter"], words: "ham, spam",
  },
  rating: { Workspace: Rating, stage: STAGE, bar: BUTTONS, task: ITEM, answer: { rating: "spam" }, keys: ["s"], words: "spam" },
  pairwise: { Workspace: Pairwise, stage: PAIR_STAGE, bar: WINNERS, task: PAIR, answer: { winner: "tie" }, keys: ["3"], words: "tie" },
};

function made({ Workspace, stage, bar }) {
  document.body.innerHTML = `${stage}<div id="bar">${bar}</div>`;
  const said = { given: [], drafts: [] };
  const workspace = new Workspace({
    stage: document.getElementById("stage"), bar: document.getElementById("bar"), labels: LABELS, keys: {}, storageKey: "k",
    give: (answer) => said.given.push(answer), draft: (answer) => said.drafts.push(answer), ready: () => {},
  });
  return { workspace, said };
}

const press = (key) => new KeyboardEvent("keydown", { key, code: /\d/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}` });

test("every kind gives the answer whose keys are pressed, and says it in words", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    const { workspace, said } = made(kind);
    workspace.show(kind.task, kind.task.left ? {} : null);
    for (const key of kind.keys) ok(workspace.key(press(key)), `${name} did not take ${key}`);
    equal(said.given, [kind.answer], name);
    equal(workspace.words(kind.answer), kind.words, name);
  }
});

test("every kind says its question, is ready once it is shown and has nothing to judge once it is cleared", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    const { workspace } = made(kind);
    equal(workspace.isReady, false, name);
    workspace.show(kind.task, kind.task.left ? {} : null);
    ok(workspace.isReady && !workspace.isLoading, name);
    ok(workspace.question.length > 0, `${name} does not say its question`);
    workspace.clear();
    equal([workspace.isReady, workspace.question], [false, ""], name);
  }
});

test("every kind marks what is suggested, and chooses and gives nothing by it", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    const { workspace, said } = made(kind);
    workspace.show(kind.task, kind.task.left ? {} : null);
    workspace.suggest(kind.answer);
    equal(document.querySelectorAll("[data-suggested]").length, (kind.answer.labels ?? [1]).length, name);
    equal(document.querySelectorAll("[aria-pressed=true]").length, 0, name);
    workspace.key(press("Enter"));
    equal(said.given, name === "multilabel" ? [{ labels: [] }] : [], name);
    workspace.suggest(null);
    equal(document.querySelectorAll("[data-suggested]").length, 0, name);
  }
});

test("every kind marks an answer that was given and takes the mark away", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    const { workspace } = made(kind);
    const pressed = () => document.querySelectorAll("[aria-pressed=true]").length;
    workspace.mark(kind.answer);
    equal(pressed(), (kind.answer.labels ?? [1]).length, name);
    workspace.mark(null);
    equal(pressed(), 0, name);
  }
});

test("every kind leaves keys that are not its own to the page, and lists its own", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    const { workspace, said } = made(kind);
    workspace.show(kind.task, kind.task.left ? {} : null);
    equal([workspace.key(press("q")), workspace.owns(press("q"))], [false, false], name);
    equal(said.given, [], name);
    ok(workspace.shortcuts.length > 0, `${name} lists no keys`);
  }
});

test("several labels tell of every step on the way to the answer", () => {
  const { workspace, said } = made(KINDS.multilabel);
  workspace.show(ITEM, null);
  for (const key of ["s", "h", "s", "h"]) workspace.key(press(key));
  equal(said.drafts, [{ labels: ["spam"] }, { labels: ["spam", "ham"] }, { labels: ["ham"] }, null]);
  equal(said.given, []);
});

test("one label and one winner are given at once: there is nothing half-made", () => {
  for (const kind of [KINDS.classification, KINDS.pairwise]) {
    const { workspace, said } = made(kind);
    workspace.show(kind.task, kind.task.left ? {} : null);
    for (const key of kind.keys) workspace.key(press(key));
    equal(said.drafts, []);
  }
});
