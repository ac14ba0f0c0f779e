import { LocalStore, openStore } from "/static/js/lib/outbox_store.js";
import { equal, ok, test } from "./harness.js";

let made = 0;

/** A name no other case uses: what a database keeps outlives a case. */
const fresh = () => `store-${(made += 1)}-${performance.now()}`;

/** Both of them, each with a second one of the same name: another tab. */
async function everyStore(body) {
  const [database, local] = [fresh(), fresh()];
  await body(await openStore(database), await openStore(database));
  await body(new LocalStore(local), new LocalStore(local));
}

async function throwing(name, work) {
  const whole = Storage.prototype[name];
  Storage.prototype[name] = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  try {
    return await work();
  } finally {
    Storage.prototype[name] = whole;
  }
}

const tasks = async (store) => (await store.all()).map(({ task }) => task);

test("the database of the browser is what is used where it may be", async () => {
  const store = await openStore(fresh());
  ok(!(store instanceof LocalStore));
});

test("entries come back in the order they were given, each with a number of its own", async () => {
  await everyStore(async (store) => {
    const numbers = [await store.add({ task: 3 }), await store.add({ task: 1 }), await store.add({ task: 2 })];
    equal(await tasks(store), [3, 1, 2]);
    equal((await store.all()).map(({ seq }) => seq), numbers);
    ok(numbers[0] < numbers[1] && numbers[1] < numbers[2], "numbers ascend");
  });
});

test("an entry is changed in its place and taken out alone", async () => {
  await everyStore(async (store) => {
    const [first, second] = [await store.add({ task: 1 }), await store.add({ task: 2 })];
    await store.put({ task: 1, seq: first, refused: { code: "409" } });
    equal(await tasks(store), [1, 2]);
    equal((await store.all())[0].refused, { code: "409" });
    await store.remove(second);
    equal(await tasks(store), [1]);
    await store.remove(second);
    equal(await tasks(store), [1], "a removal that comes twice takes nothing else");
  });
});

test("another tab sees what this one keeps, and numbers never meet", async () => {
  await everyStore(async (store, other) => {
    const numbers = [await store.add({ task: 1 }), await other.add({ task: 2 }), await store.add({ task: 3 })];
    equal(await tasks(other), [1, 2, 3]);
    equal(new Set(numbers).size, 3);
    await other.remove(numbers[0]);
    equal(await tasks(store), [2, 3]);
  });
});

test("an answer of any shape comes back as it was", async () => {
  const answer = { label: "naïve 👩‍🔬", spans: [{ start: 0, end: 2 }], none: null, deep: [[1.5, -0.25], "\u0000\n"] };
  await everyStore(async (store) => {
    await store.add({ task: 1, body: answer });
    equal((await store.all())[0].body, answer);
  });
});

test("a database that the browser closed is opened again", async () => {
  const name = fresh();
  const store = await openStore(name);
  await store.add({ task: 1 });
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name); // asks whoever has it open to close it
    request.onsuccess = resolve;
    request.onerror = reject;
  });
  await store.add({ task: 2 });
  equal(await tasks(store), [2]);
});

test("where the database is forbidden the local storage keeps answers", async () => {
  const whole = IDBFactory.prototype.open;
  IDBFactory.prototype.open = () => {
    throw new DOMException("private", "SecurityError");
  };
  try {
    const name = fresh();
    const store = await openStore(name);
    await store.add({ task: 1 });
    equal(await tasks(new LocalStore(name)), [1], "over a reload, too");
  } finally {
    IDBFactory.prototype.open = whole;
  }
});

test("an answer that a full storage cannot keep is said to be unkept, and is not forgotten", async () => {
  const store = new LocalStore(fresh());
  await store.add({ task: 1 });
  let refused = null;
  await throwing("setItem", () => store.add({ task: 2 }).catch((error) => (refused = error)));
  ok(refused, "whoever gave it must know");
  equal(await tasks(store), [1, 2]);
  await store.add({ task: 3 });
  equal(await tasks(store), [1, 2, 3], "and once there is room all are kept");
});

test("a draft that a full storage cannot keep is the newest one while the page is open", async () => {
  const store = new LocalStore(fresh());
  store.put({ seq: 7, answer: "old" });
  await throwing("setItem", () => store.put({ seq: 7, answer: "new" }));
  equal(store.kept(), [{ seq: 7, answer: "new" }]);
  await throwing("setItem", () => store.remove(7));
  equal(store.kept(), [], "and does not come back once it is answered");
});

test("without any storage entries live as long as the page", async () => {
  const store = new LocalStore(fresh());
  await throwing("getItem", () =>
    throwing("setItem", async () => {
      await store.add({ task: 1 }).catch(() => {});
      equal(await tasks(store), [1]);
    }),
  );
});
