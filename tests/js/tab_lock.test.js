import { tabLock } from "/static/js/lib/tab_lock.js";
import { equal, ok, test, until } from "./harness.js";

/** As over plain http, where the browser has no locks: two calls then stand for two tabs. */
async function withoutLocks(work) {
  Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
  try {
    await work();
  } finally {
    delete navigator.locks;
  }
}

async function bothWays(work) {
  await work();
  await withoutLocks(work);
}

/** Work that goes on until it is let go. */
function held() {
  let finish;
  const done = new Promise((resolve) => (finish = resolve));
  return { work: () => done, finish };
}

test("one of two tabs does the work, the other is told that it is busy", async () => {
  await bothWays(async () => {
    const [one, other] = [tabLock("busy"), tabLock("busy")];
    const { work, finish } = held();
    let began = false;
    const first = one(() => {
      began = true;
      return work();
    });
    await until(() => began);
    equal(await other(() => "mine"), undefined);
    finish("done");
    equal(await first, "done");
    equal(await other(() => "mine"), "mine", "and has it afterwards");
  });
});

test("work that throws gives the lock back", async () => {
  await bothWays(async () => {
    let thrown = "";
    await tabLock("throws")(() => {
      throw new Error("broken");
    }).catch((error) => (thrown = error.message));
    equal(thrown, "broken");
    equal(await tabLock("throws")(() => "mine"), "mine");
  });
});

test("other work is not held up", async () => {
  await bothWays(async () => {
    const { work, finish } = held();
    const first = tabLock("one")(work);
    equal(await tabLock("another")(() => "mine"), "mine");
    finish();
    await first;
  });
});

test("of two tabs that both saw it free, the last to write has it", async () => {
  await withoutLocks(async () => {
    const first = tabLock("race")(() => "mine");
    localStorage.setItem("lock:race", JSON.stringify({ owner: "another tab", until: Date.now() + 60_000 }));
    equal(await first, undefined);
    ok(localStorage.getItem("lock:race").includes("another tab"), "and keeps it");
  });
});

test("the lease of a tab that was closed ends", async () => {
  await withoutLocks(async () => {
    localStorage.setItem("lock:closed", JSON.stringify({ owner: "gone", until: Date.now() + 60_000 }));
    equal(await tabLock("closed")(() => "mine"), undefined);
    localStorage.setItem("lock:closed", JSON.stringify({ owner: "gone", until: Date.now() - 1 }));
    equal(await tabLock("closed")(() => "mine"), "mine");
    ok(localStorage.getItem("lock:closed") === "null", "given back");
  });
});
