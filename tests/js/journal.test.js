import { Journal } from "/static/js/lib/journal.js";
import { equal, ok, test } from "./harness.js";

const entry = (key, age = 0) => ({ key, at: Date.now() - age, task: key });
const keys = (entries) => entries.map(({ key }) => key);

test("what was noted is there after a reload", () => {
  const journal = new Journal("j");
  journal.note(entry("a"), "pending");
  journal.note(entry("b"), "done");
  const again = new Journal("j");
  equal([keys(again.pending), keys(again.done)], [["a"], ["b"]]);
});

test("an entry has one state, the last", () => {
  const journal = new Journal("j");
  const one = entry("a");
  journal.note(one, "pending");
  journal.note(one, "done");
  equal([keys(journal.pending), keys(journal.done)], [[], ["a"]]);
  journal.note(one, "off");
  equal(keys(journal.done), []);
});

test("pending entries of more than ten seconds are not recovered: another tab may have changed them", () => {
  const journal = new Journal("j");
  journal.note(entry("old", 11_000), "pending");
  journal.note(entry("new", 9_000), "pending");
  equal(keys(journal.pending), ["new"]);
});

test("a minute later nothing of it is read again", () => {
  new Journal("j").note(entry("a", 61_000), "done");
  equal(keys(new Journal("j").done), []);
});

test("two names are two journals", () => {
  new Journal("one").note(entry("a"), "done");
  equal(keys(new Journal("other").done), []);
});

test("at most sixty are kept, and pending ones are never the ones to go", () => {
  const journal = new Journal("j");
  for (let n = 0; n < 30; n += 1) journal.note(entry(`p${n}`), "pending");
  for (let n = 0; n < 80; n += 1) journal.note(entry(`d${n}`), "done");
  equal(journal.pending.length, 30);
  equal(journal.done.length, 30);
  equal(keys(journal.done).at(-1), "d79");
});

test("nonsense in the storage is an empty journal", () => {
  for (const nonsense of ["{", "null", "3", "[{}]"]) {
    sessionStorage.setItem("j", nonsense);
    equal(keys(new Journal("j").done), [], nonsense);
  }
});

test("a storage that refuses is borne", () => {
  const original = Storage.prototype.setItem;
  Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  try {
    const journal = new Journal("j");
    journal.note(entry("a"), "done");
    ok(keys(journal.done).includes("a"));
  } finally {
    Storage.prototype.setItem = original;
  }
});
