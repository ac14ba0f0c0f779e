import { delivery } from "/static/js/lib/delivery.js";
import { equal, test } from "./harness.js";

const ME = 7;

/** What becomes of an entry when the server answers with these statuses, one a request. */
async function outcome(statuses, { op = "answer", who = { reached: true, user: ME }, body = {}, headers = {} } = {}) {
  const asked = [];
  const original = window.fetch;
  window.fetch = async (address, options = {}) => {
    asked.push([options.method, String(address)]);
    const status = statuses[Math.min(asked.length, statuses.length) - 1];
    if (status === 0) throw new TypeError("no network");
    return new Response(status === 204 ? null : JSON.stringify(body), {
      status,
      headers: { "Content-Type": "application/json", ...headers },
    });
  };
  try {
    const deliver = delivery({ api: "/api/v1", user: ME, whoAmI: async () => who, sleep: async () => {} });
    const outcomes = await deliver([{ task: 3, op, body: { answer: { label: "ham" } } }]);
    return { ...outcomes[0], asked };
  } finally {
    window.fetch = original;
  }
}

test("each operation is one call", async () => {
  equal((await outcome([201])).asked, [["PUT", "/api/v1/tasks/3/answer/"]]);
  equal((await outcome([200], { op: "skip" })).asked, [["POST", "/api/v1/tasks/3/skip/"]]);
  equal((await outcome([204], { op: "take_back" })).asked, [["DELETE", "/api/v1/tasks/3/answer/"]]);
});

test("200 and 201 are done", async () => {
  for (const status of [200, 201]) equal((await outcome([status])).kind, "done");
});

test("no network, slow, busy, full and broken servers are asked again later", async () => {
  for (const status of [0, 408, 425, 429, 500, 502, 503, 504, 507]) equal((await outcome([status])).kind, "retry", status);
});

test("a server that says when is asked then", async () => {
  equal((await outcome([503], { headers: { "Retry-After": "12" } })).afterS, 12);
});

test("a lost lease is refused in words", async () => {
  const found = await outcome([409]);
  equal([found.kind, found.code], ["refused", "lease-lost"]);
});

test("what is wrong with an answer is said by the server", async () => {
  const found = await outcome([400], { body: { answer: ["'x' is not in the label set."] } });
  equal([found.kind, found.code], ["refused", "400"]);
  equal(found.reason.includes("label set"), true);
});

test("giving back what is no longer there is done", async () => {
  for (const status of [404, 409]) equal((await outcome([status], { op: "take_back" })).kind, "done");
});

test("signed out, another user and an unreachable server are three things", async () => {
  equal((await outcome([403], { who: { reached: true, user: null } })).kind, "signed-out");
  const other = await outcome([403], { who: { reached: true, user: 8, name: "bob" } });
  equal([other.kind, other.name], ["other-user", "bob"]);
  equal((await outcome([401], { who: { reached: false } })).kind, "retry");
});

test("a refused token is tried twice more, for it may have changed under the request", async () => {
  const found = await outcome([403, 201]);
  equal([found.kind, found.asked.length], ["done", 2]);
  const never = await outcome([403]);
  equal([never.kind, never.asked.length], ["refused", 3]);
});

/** What becomes of entries, each "answer" or another operation, when the server says these things, one a request. */
async function several(ops, said, options = {}) {
  const asked = [];
  const original = window.fetch;
  window.fetch = async (address, { body }) => {
    asked.push([String(address).replace("/api/v1/tasks/", ""), body && JSON.parse(body).answers?.map(({ task }) => task)]);
    const { status = 200, ...json } = said[Math.min(asked.length, said.length) - 1];
    return new Response(JSON.stringify(json), { status, headers: { "Content-Type": "application/json" } });
  };
  try {
    const who = async () => ({ reached: true, user: ME });
    const deliver = delivery({ api: "/api/v1", user: ME, whoAmI: who, sleep: async () => {}, ...options });
    const outcomes = await deliver(ops.map((op, index) => ({ task: index + 1, op, body: { answer: { label: "ham" } } })));
    return { kinds: outcomes.map(({ kind }) => kind), outcomes, asked };
  } finally {
    window.fetch = original;
  }
}

const ANSWERS = ["answer", "answer", "answer"];
const result = (task, status, body = {}) => ({ task, status, body });

test("answers that wait go in one call, each with its own outcome, as far as the server got", async () => {
  const results = [result(1, 201), result(2, 409), { ...result(3, 429), retry_after_s: 7 }];
  const { kinds, outcomes, asked } = await several(ANSWERS, [{ results }]);
  equal(asked, [["answers/", [1, 2, 3]]]);
  equal(kinds, ["done", "refused", "retry"]);
  equal([outcomes[1].code, outcomes[2].afterS], ["lease-lost", 7]);
  equal((await several(ANSWERS, [{ results: results.slice(0, 2) }])).kinds, ["done", "refused"]);
});

test("what follows a skip waits for it, and a practice round sends one by one", async () => {
  equal((await several(["answer", "answer", "skip", "answer"], [{ results: [result(1, 200)] }])).asked, [["answers/", [1, 2]]]);
  equal((await several(["answer", "take_back"], [{}])).asked, [["1/answer/", undefined]]);
  equal((await several(ANSWERS, [{}], { several: false })).asked, [["1/answer/", undefined]]);
});

test("a call that fails is tried again as it is, one that is refused tells by its first answer why", async () => {
  equal((await several(ANSWERS, [{ status: 503 }])).kinds, ["retry"]);
  const refused = await several(ANSWERS, [{ status: 404 }, { status: 201 }]); // by a server that knows no such call
  equal([refused.kinds, refused.asked.map(([address]) => address)], [["done"], ["answers/", "1/answer/"]]);
});
