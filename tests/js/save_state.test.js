import { SaveState } from "/static/js/lib/save_state.js";
import { equal, ok, test, until } from "./harness.js";

const question = (text) => ({ id: 1, item: { id: 1, text, fields: [] } });
const entry = (key, { at = Date.now(), refused, about = question(`about ${key}`) } = {}) => ({ key, at, refused, question: about });
const lost = { code: "lease-lost", reason: "given to somebody else" };

/** The corner and the sheet of the page over an outbox that says what it is told to say. */
function corner() {
  document.body.innerHTML = `
    <button id=save><span data-text></span></button>
    <dialog id=sheet><p data-part=none>Nothing.</p><ul data-part=entries></ul><button data-action=send>Send</button></dialog>`;
  const did = { said: [], retried: [], discarded: [], woken: 0 };
  const outbox = {
    unsent: [], refused: [], status: "idle", trouble: "", otherUser: undefined,
    wake: () => (did.woken += 1),
    retry: (key) => did.retried.push(key),
    discard: (key) => did.discarded.push(key),
  };
  const shown = {};
  const [button, sheet] = [document.querySelector("#save"), document.querySelector("#sheet")];
  const state = new SaveState({
    button, sheet, outbox,
    notices: { set: (name, on, words) => (shown[name] = on && words) },
    describe: ({ key }) => `answer ${key}`,
    say: (words) => did.said.push(words),
  });
  const told = () => {
    state.draw();
    return [button.dataset.state, button.textContent, button.dataset.unsent];
  };
  return { state, outbox, shown, sheet, told, did };
}

const ago = (ms) => Date.now() - ms;

test("quick answers are saved without a word, a slow one says so", () => {
  const { outbox, told } = corner();
  equal(told(), ["saved", "Saved", "0"]);
  outbox.status = "sending";
  outbox.unsent = [entry("a")];
  equal(told(), ["saved", "Saved", "1"]);
  outbox.unsent = [entry("a", { at: ago(900) })];
  equal(told(), ["saving", "Saving…", "1"]);
  outbox.unsent = [entry("a", { at: ago(900) }), entry("b")];
  equal(told(), ["saving", "2 unsent", "2"]);
});

test("what cannot be sent is counted at once, whatever is in the way", () => {
  for (const status of ["waiting", "signed-out", "other-user"]) {
    const { outbox, told } = corner();
    Object.assign(outbox, { status, unsent: [entry("a")] });
    equal(told(), ["unsent", "1 unsent", "1"], status);
  }
});

test("a page without a connection says that answers are kept, and when they are saved after all", async () => {
  const { outbox, shown, told, did } = corner();
  Object.assign(outbox, { status: "waiting", trouble: "The server’s disk is full.", unsent: [entry("a")] });
  told();
  equal(shown.offline, false, "a server that restarts needs no banner");
  await until(() => shown.offline, "the banner never came");
  equal(shown.offline, { what: "The server’s disk is full.", count: "One answer is kept in this browser." });
  equal(did.said, ["The server’s disk is full. Your answers are kept here and sent later."]);
  Object.assign(outbox, { status: "idle", unsent: [] });
  equal(told()[1], "Saved");
  equal([shown.offline, did.said.at(-1)], [false, "All answers are saved."]);
});

test("who must sign in again, and who is signed in instead", () => {
  const { outbox, shown, told } = corner();
  Object.assign(outbox, { status: "signed-out", unsent: [entry("a"), entry("b")] });
  told();
  equal(shown["signed-out"], { count: "2 answers are kept in this browser." });
  Object.assign(outbox, { status: "other-user", otherUser: "bob" });
  told();
  equal([shown["signed-out"], shown["other-user"]], [false, { name: "bob" }]);
});

test("refused answers are counted, with the reason only where all have it", () => {
  const { outbox, shown, told } = corner();
  outbox.refused = [entry("a", { refused: lost })];
  equal(told().slice(0, 2), ["refused", "1 refused"]);
  ok(shown.refused.count === "One answer was not accepted" && shown.refused.why.includes("somebody else"));
  outbox.refused = [entry("a", { refused: lost }), entry("b", { refused: { code: "400", reason: "no" } })];
  told();
  equal(shown.refused, { count: "2 answers were not accepted", why: "." });
});

test("the sheet lists every answer that is not on the server, refused ones first and with their reason", () => {
  const { state, outbox, sheet } = corner();
  const long = "x".repeat(200);
  outbox.unsent = [
    entry("c", { about: question(long) }),
    entry("d", { about: { id: 9, item: { id: 9, text: "", fields: [["age", 7], ["name", "<b>"]] } } }),
    entry("e", { about: { id: 10, item: { id: 4, text: "", fields: [] } } }),
    entry("f", { about: { id: 11, context: { text: "", facts: [["topic", "tea"]] } } }),
  ];
  outbox.refused = [entry("a", { refused: lost })];
  state.open();
  const rows = [...sheet.querySelectorAll("li")].map((row) => row.textContent);
  equal(rows[0], "answer aabout agiven to somebody elseTry againDiscard");
  equal(rows.slice(1), [`answer c${"x".repeat(120)}…`, "answer dage 7, name <b>", "answer epicture 4", "answer ftopic tea"]);
  ok(sheet.querySelector("[data-part=none]").hidden);
  Object.assign(outbox, { unsent: [], refused: [] });
  state.draw();
  equal([sheet.querySelector("[data-part=none]").hidden, sheet.querySelector("[data-action=send]").hidden], [false, true]);
});

test("a refused answer is thrown away by the second press only, also when the list is drawn anew between", () => {
  const { state, outbox, sheet, did } = corner();
  outbox.refused = [entry("a", { refused: lost }), entry("b", { refused: lost })];
  state.open();
  const press = (action, key) => sheet.querySelector(`[data-action=${action}][data-entry=${key}]`).click();
  press("retry", "b");
  press("discard", "a");
  state.draw();
  equal([did.retried, did.discarded], [["b"], []]);
  equal(sheet.querySelector("[data-entry=a][data-action=discard]").textContent, "Discard for ever?");
  press("discard", "b");
  equal(did.discarded, [], "another one's first press");
  press("discard", "a");
  equal(did.discarded, ["a"]);
  sheet.querySelector("[data-action=send]").click();
  equal(did.woken, 1);
});
