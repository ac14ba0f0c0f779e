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
    return { ...(await deliver({ task: 3, op, body: { answer: { label: "ham" } } })), asked };
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
