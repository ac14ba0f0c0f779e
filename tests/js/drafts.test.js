import { Drafts } from "/static/js/lib/drafts.js";
import { LocalStore } from "/static/js/lib/outbox_store.js";
import { equal, ok, test } from "./harness.js";

const DAY_MS = 24 * 3_600_000;
const drafts = (version = 1) => new Drafts(new LocalStore("drafts"), version);

test("a half-made answer is there after a reload", () => {
  drafts().note(7, { labels: ["a"] });
  equal(drafts().of(7), { labels: ["a"] });
  equal(drafts().of(8), null);
});

test("the newest half-made answer counts, and none once it is given", () => {
  const mine = drafts();
  mine.note(7, { labels: ["a"] });
  mine.note(3, { labels: ["z"] });
  mine.note(7, { labels: ["a", "b"] });
  equal(drafts().of(7), { labels: ["a", "b"] });
  mine.note(7, null);
  equal(drafts().of(7), null);
  equal(drafts().of(3), { labels: ["z"] });
});

test("it is written before the call returns", () => {
  drafts().note(7, { labels: ["a"] });
  ok(localStorage.getItem("drafts").includes('"a"'), "not in the storage yet");
});

test("a draft made of other labels is none", () => {
  drafts(1).note(7, { labels: ["a"] });
  equal(drafts(2).of(7), null);
});

test("what nobody came back to is let go after a week", () => {
  const store = new LocalStore("drafts");
  store.put({ seq: 1, at: Date.now() - 8 * DAY_MS, version: 1, answer: { label: "old" } });
  store.put({ seq: 2, at: Date.now() - 6 * DAY_MS, version: 1, answer: { label: "newer" } });
  drafts();
  equal(store.kept().map(({ seq }) => seq), [2]);
});

test("two tabs keep each other's drafts", () => {
  const [one, other] = [drafts(), drafts()];
  one.note(1, { label: "a" });
  other.note(2, { label: "b" });
  equal([drafts().of(1), drafts().of(2)], [{ label: "a" }, { label: "b" }]);
});
