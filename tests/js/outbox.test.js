import { Journal } from "/static/js/lib/journal.js";
import { Outbox } from "/static/js/lib/outbox.js";
import { equal, ok, randomness, test, until } from "./harness.js";

/** The store of a browser, in memory; `fails` makes every call throw, `slow` lets a write wait for `release()`. */
class Store {
  entries = [];
  fails = false;
  waiting = [];
  slow = false;
  #seq = 0;

  async all() {
    this.#check();
    return this.entries.map((entry) => ({ ...entry }));
  }

  async add(entry) {
    this.#check();
    if (this.slow) await new Promise((resolve) => this.waiting.push(resolve));
    this.#seq += 1;
    this.entries.push({ ...entry, seq: this.#seq });
    return this.#seq;
  }

  async put(entry) {
    this.#check();
    this.entries = this.entries.map((kept) => (kept.seq === entry.seq ? { ...entry } : kept));
  }

  async remove(seq) {
    this.#check();
    this.entries = this.entries.filter((entry) => entry.seq !== seq);
  }

  release() {
    for (const go of this.waiting.splice(0)) go();
  }

  #check() {
    if (this.fails) throw new DOMException("no room", "QuotaExceededError");
  }
}

function post({ store = new Store(), answers = [], journal = new Journal("j"), lock = (work) => work(), atOnce = () => 1 } = {}) {
  const sent = [];
  const script = [...answers];
  const outbox = new Outbox({
    store,
    deliver: async (entries) => {
      const outcomes = [];
      for (const entry of entries.slice(0, atOnce())) {
        sent.push(entry.task);
        const next = script.length ? script.shift() : { kind: "done" };
        outcomes.push(typeof next === "function" ? next(entry) : next);
        if (!["done", "refused"].includes(outcomes.at(-1).kind)) break;
      }
      return outcomes;
    },
    lock,
    channel: null,
    changed: () => {},
    journal,
  });
  return { outbox, store, sent, script, journal };
}

const answer = (task) => ({ task, op: "answer", body: {} });
const settled = (outbox) => until(() => outbox.status === "idle" && !outbox.unsent.length, `still ${outbox.status}`);

test("answers are sent in the order they were given, each once", async () => {
  const { outbox, sent, store } = post();
  await outbox.start();
  await Promise.all([1, 2, 3].map((task) => outbox.add(answer(task))));
  await settled(outbox);
  equal(sent, [1, 2, 3]);
  equal(store.entries, []);
});

test("an answer is on the disk before it is sent", async () => {
  const { outbox, sent, store } = post();
  await outbox.start();
  store.slow = true;
  const added = outbox.add(answer(1));
  await until(() => store.waiting.length === 1);
  equal(sent, []);
  ok(outbox.tasks.has(1), "the task is known to be on its way at once");
  store.release();
  await added;
  await settled(outbox);
  equal(sent, [1]);
});

test("a server that cannot take it now is asked again, and nothing overtakes", async () => {
  const { outbox, sent } = post({ answers: [{ kind: "retry" }, { kind: "retry", afterS: 0 }] });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.status === "waiting");
  await outbox.add(answer(2));
  equal(outbox.unsent.map((entry) => entry.task), [1, 2]);
  outbox.wake();
  await until(() => sent.length === 2);
  outbox.wake();
  await settled(outbox);
  equal(sent, [1, 1, 1, 2]);
});

test("a server that says when is not asked before", async () => {
  const { outbox, sent } = post({ answers: [{ kind: "retry", afterS: 30 }] });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.status === "waiting");
  await new Promise((resolve) => setTimeout(resolve, 600)); // longer than the first wait without a word of the server
  equal(sent, [1]);
  outbox.wake();
  await settled(outbox);
});

test("what the server refuses stands aside and the others go on", async () => {
  const { outbox, sent, store } = post({ answers: [{ kind: "refused", code: "lease-lost", reason: "gone" }] });
  await outbox.start();
  await outbox.add(answer(1));
  await outbox.add(answer(2));
  await settled(outbox);
  equal(sent, [1, 2]);
  equal(outbox.refused.map((entry) => entry.refused.reason), ["gone"]);
  equal(store.entries.length, 1, "kept until the person has seen it");
  await outbox.discard(outbox.refused[0].key);
  equal([outbox.refused, store.entries], [[], []]);
});

test("of several at once each stands for itself, and what was not taken is sent again", async () => {
  const answers = [{ kind: "retry" }, { kind: "done" }, { kind: "refused", code: "409", reason: "gone" }, { kind: "retry" }];
  const { outbox, sent, store } = post({ answers, atOnce: () => 10 });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.status === "waiting");
  for (const task of [2, 3, 4]) await outbox.add(answer(task));
  outbox.wake();
  await until(() => sent.length === 4 && outbox.unsent.length === 2);
  equal(outbox.unsent.map((entry) => entry.task), [3, 4]);
  outbox.wake();
  await settled(outbox);
  equal(sent, [1, 1, 2, 3, 3, 4]);
  equal([outbox.refused.map((entry) => entry.task), store.entries.length], [[2], 1]);
});

test("a refused answer can be sent again", async () => {
  const { outbox, sent } = post({ answers: [{ kind: "refused", code: "500", reason: "no" }] });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.refused.length === 1);
  await outbox.retry(outbox.refused[0].key);
  await settled(outbox);
  equal(sent, [1, 1]);
});

test("signed out means waiting, not losing", async () => {
  const { outbox, store } = post({ answers: [{ kind: "signed-out" }] });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.status === "signed-out");
  equal(store.entries.length, 1);
  outbox.wake();
  await settled(outbox);
});

test("another user's page names that user and sends nothing of ours", async () => {
  const { outbox } = post({ answers: [{ kind: "other-user", name: "bob" }] });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.status === "other-user");
  equal([outbox.otherUser, outbox.unsent.length], ["bob", 1]);
});

test("without a store answers are sent from memory, and leaving waits for them", async () => {
  const store = new Store();
  store.fails = true;
  const { outbox, sent } = post({ store, answers: [{ kind: "retry" }] });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.status === "waiting");
  ok(outbox.storageFails && outbox.mustWait);
  outbox.wake();
  await settled(outbox);
  equal(sent, [1, 1]);
});

/** A store that keeps what comes and then cannot be written any more: a full disk, a database the browser closes. */
class Failing extends Store {
  constructor(...methods) {
    super();
    for (const method of methods) {
      this[method] = async () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    }
  }
}

test("an answer that cannot be struck off after it arrived holds nobody up, and is not sent again", async () => {
  const { outbox, sent } = post({ store: new Failing("remove") });
  await outbox.start();
  await outbox.add(answer(1));
  await settled(outbox);
  await outbox.add(answer(2));
  await settled(outbox);
  equal(sent, [1, 2]);
  ok(outbox.storageFails);
});

test("a refusal that cannot be written down is shown, and the others go on", async () => {
  const { outbox, sent } = post({
    store: new Failing("put"),
    answers: [{ kind: "refused", code: "409", reason: "gone" }],
  });
  await outbox.start();
  await outbox.add(answer(1));
  await until(() => outbox.refused.length === 1);
  await outbox.retry(outbox.refused[0].key);
  await outbox.add(answer(2));
  await settled(outbox);
  equal(sent, [1, 1, 2]);
});

test("a delivery that breaks is tried again", async () => {
  const broken = () => {
    throw new Error("a fault of ours");
  };
  const silent = (event) => event.preventDefault();
  addEventListener("unhandledrejection", silent);
  const { outbox, sent } = post({ answers: [broken] });
  await outbox.start();
  await outbox.add(answer(1));
  await settled(outbox);
  removeEventListener("unhandledrejection", silent);
  equal(sent, [1, 1]);
});

test("what an earlier page left in the store is sent first", async () => {
  const store = new Store();
  await store.add({ ...answer(1), at: 1, key: "left" });
  const { outbox, sent } = post({ store });
  await outbox.start();
  await outbox.add(answer(2));
  await settled(outbox);
  equal(sent, [1, 2]);
});

test("an answer the disk never saw is recovered from the journal", async () => {
  const journal = new Journal("j");
  journal.note({ ...answer(5), at: Date.now(), key: "lost" }, "pending");
  const { outbox, sent } = post({ journal });
  await outbox.start();
  await settled(outbox);
  equal(sent, [5]);
});

test("one that both the disk and the journal have is sent once", async () => {
  const [store, journal] = [new Store(), new Journal("j")];
  const entry = { ...answer(5), at: Date.now(), key: "both" };
  await store.add(entry);
  journal.note(entry, "pending");
  const { outbox, sent } = post({ store, journal });
  await outbox.start();
  await settled(outbox);
  equal(sent, [5]);
  equal(store.entries, []);
});

test("while another tab holds the lock nothing is sent, and later it is", async () => {
  let free = false;
  const { outbox, sent } = post({ lock: (work) => (free ? work() : undefined) });
  await outbox.start();
  await outbox.add(answer(1));
  equal(sent, []);
  free = true;
  await settled(outbox);
  equal(sent, [1]);
});

test("leaving need not wait for what is under way this very moment", async () => {
  const { outbox } = post();
  await outbox.start();
  equal(outbox.mustWait, false);
});

test("through any weather every answer arrives, in order, and none twice in the end", async () => {
  for (let seed = 0; seed < 40; seed += 1) {
    sessionStorage.clear();
    const random = randomness(seed);
    const stored = new Map(); // what the server has, by task: the last body
    const order = [];
    const store = new Store();
    const { outbox } = post({
      store,
      atOnce: () => 1 + Math.floor(random() * 5),
      answers: Array.from({ length: 60 }, () => (entry) => {
        const weather = random();
        if (weather < 0.25) return { kind: "retry" };
        if (weather < 0.35) return { kind: "signed-out" };
        if (!stored.has(entry.task)) order.push(entry.task);
        stored.set(entry.task, true);
        return weather < 0.5 ? { kind: "retry" } : { kind: "done" }; // the answer arrived, its acknowledgement did not
      }),
    });
    await outbox.start();
    for (let task = 0; task < 12; task += 1) {
      const added = outbox.add(answer(task));
      if (random() < 0.5) await added;
      if (random() < 0.3) outbox.wake();
    }
    const nudge = setInterval(() => outbox.wake(), 1);
    await settled(outbox);
    clearInterval(nudge);
    equal(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], `seed ${seed}`);
    equal(store.entries, [], `seed ${seed}`);
  }
});
