import { call, cookie, troubleOf, wordsOf } from "/static/js/lib/api.js";
import { Session } from "/static/js/lib/session.js";
import { equal, near, test } from "./harness.js";

/** `answer` is what the server says: a Response, or something that throws. Resolves to the outcome and what was sent. */
async function calling(answer, method = "PUT", body = { a: 1 }) {
  const whole = globalThis.fetch;
  let sent;
  globalThis.fetch = async (url, options) => {
    sent = { url, ...options };
    return answer();
  };
  try {
    const outcome = await call(method, "/api/v1/x/", body ?? undefined);
    return { outcome, sent };
  } finally {
    globalThis.fetch = whole;
  }
}

const json = (body, init = {}) => () =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    ...init,
    headers: { "Content-Type": "application/json", ...init.headers },
  });

test("an answer of the server is its number and its words", async () => {
  const { outcome } = await calling(json({ id: 1 }, { status: 201 }));
  equal(outcome, { status: 201, body: { id: 1 }, retryAfterS: 0 });
  equal((await calling(json({ detail: "no" }, { status: 409 }))).outcome.status, 409);
  equal((await calling(() => new Response(null, { status: 204 }))).outcome.status, 204);
});

test("what only looks like success is none: a proxy's page, half an answer, nothing", async () => {
  const page = () => new Response("<p>Sign in</p>", { status: 200, headers: { "Content-Type": "text/html" } });
  const half = () => new Response('{"id": 1', { status: 201, headers: { "Content-Type": "application/json" } });
  const lost = () => {
    throw new TypeError("Failed to fetch");
  };
  for (const answer of [page, half, lost]) equal((await calling(answer)).outcome, { status: 0, body: undefined, retryAfterS: 0 });
});

test("a server error that is no JSON keeps its number", async () => {
  const { outcome } = await calling(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  equal(outcome.status, 502);
});

test("whoever changes something shows the token as it is now, and no redirect passes for saved", async () => {
  document.cookie = "csrftoken=first; path=/";
  equal((await calling(json({}))).sent.headers["X-CSRFToken"], "first");
  document.cookie = "csrftoken=second%20one; path=/";
  const { sent } = await calling(json({}));
  equal([sent.headers["X-CSRFToken"], sent.redirect, sent.credentials], ["second one", "error", "same-origin"]);
  const read = (await calling(json({}), "GET", null)).sent;
  equal([read.headers["X-CSRFToken"], read.body, read.keepalive], [undefined, undefined, false]);
  document.cookie = "csrftoken=; path=/; max-age=0";
  equal(cookie("csrftoken"), "");
});

test("a small answer outlives the page, one too large for that is sent all the same", async () => {
  equal((await calling(json({}), "PUT", { text: "a" })).sent.keepalive, true);
  const { sent, outcome } = await calling(json({}), "PUT", { text: "a".repeat(40_000) });
  equal([sent.keepalive, outcome.status], [false, 200]);
});

test("Retry-After is seconds or a date, never the past and never for ever", async () => {
  const after = async (value) =>
    (await calling(json({}, { status: 503, headers: { "Retry-After": value } }))).outcome.retryAfterS;
  equal(await after("7"), 7);
  equal(await after("-5"), 0);
  equal(await after("86400"), 60);
  equal(await after("soon"), 0);
  near(await after(new Date(Date.now() + 20_000).toUTCString()), 20, 2);
  equal(await after(new Date(Date.now() - 20_000).toUTCString()), 0);
});

test("a refusal is told in the server's words", () => {
  equal(wordsOf({ detail: "Gone." }, "?"), "Gone.");
  equal(wordsOf({ answer: ["No such label."], elapsed_ms: ["Too large."] }, "?"), "No such label. Too large.");
  for (const nothing of [undefined, null, "text", {}, { code: 3 }]) equal(wordsOf(nothing, "?"), "?");
});

test("trouble is told by its cause", () => {
  const full = "The server’s disk is full.";
  equal(troubleOf({ status: 507, body: undefined }), full);
  equal(troubleOf({ status: 503, body: { code: "disk_full" } }), full);
  equal(troubleOf({ status: 429 }), "The server is busy.");
  equal(troubleOf({ status: 500 }), "The server is in trouble.");
  equal(troubleOf({ status: 0 }), "No connection.");
});

test("who is signed in: somebody, nobody, or not known because nobody answered", async () => {
  const whole = globalThis.fetch;
  const seen = [];
  const asked = async (answer) => {
    globalThis.fetch = async () => answer();
    return new Session("/me/", { user: 1 }, (body) => seen.push(body.user)).whoAmI();
  };
  try {
    equal(await asked(json({ user: 2, name: "bob" })), { reached: true, user: 2, name: "bob" });
    equal(await asked(json({ detail: "no" }, { status: 401 })), { reached: true, user: null });
    equal(await asked(json({ detail: "no" }, { status: 503 })), { reached: false });
    equal(await asked(() => Promise.reject(new TypeError("lost"))), { reached: false });
  } finally {
    globalThis.fetch = whole;
  }
  equal(seen, [2]);
});
