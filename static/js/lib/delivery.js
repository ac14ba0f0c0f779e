// Entries of the outbox become idempotent REST calls, and the server's answers one of five outcomes each.

import { call, troubleOf, wordsOf } from "./api.js";

const LEASE_LOST =
  "This question had been reserved for you for too long and was given to somebody else. Your answer was not counted.";

const AT_ONCE = 50; // 100 is what the server takes
const MOST_CHARACTERS = 500_000; // of a call: half of what the server takes

/**
 * `deliver(entries)` for the Outbox: the outcomes of the first so many, in order. `whoAmI()` resolves to `{reached, user}`,
 * user being null when signed out; `several` says whether the address takes more than one answer in a call.
 */
export function delivery({ api, user, whoAmI, several = true, sleep = (ms) => new Promise((go) => setTimeout(go, ms)) }) {
  async function outcome(entry, { status, body, retryAfterS }, attempt = 0) {
    if (status >= 200 && status < 300) return { kind: "done", body };
    if (isForLater(status)) {
      return { kind: "retry", afterS: retryAfterS, trouble: troubleOf({ status, body }) };
    }
    if (status === 401 || status === 403 || status === 404) {
      const who = await whoAmI();
      if (!who.reached) return { kind: "retry" };
      if (who.user === null) return { kind: "signed-out" };
      if (who.user !== user) return { kind: "other-user", name: who.name };
      // The token may have changed under this very request, by a sign-in in another tab.
      if (status === 403 && attempt < 2) {
        await sleep(200);
        return outcome(entry, await request(api, entry), attempt + 1);
      }
    }
    if (entry.op !== "answer" && (status === 404 || status === 409)) return { kind: "done" }; // nothing left to give back
    if (status === 409) return { kind: "refused", code: "lease-lost", reason: LEASE_LOST };
    return { kind: "refused", code: String(status), reason: wordsOf(body, `The server answered ${status}.`) };
  }

  return async function deliver(entries) {
    const together = several ? answersTogether(entries) : [];
    if (together.length > 1) {
      const answered = await call("PUT", `${api}/tasks/answers/`, { answers: together.map(inList) });
      if (isForLater(answered.status)) return [await outcome(together[0], answered)];
      const results = answered.body?.results;
      if (answered.status === 200 && Array.isArray(results) && results.length) {
        const outcomes = [];
        for (const [index, { status, body, retry_after_s }] of results.slice(0, together.length).entries()) {
          outcomes.push(await outcome(together[index], { status, body, retryAfterS: retry_after_s ?? 0 }));
        }
        return outcomes;
      }
    }
    // alone, or the call was refused as a whole: the first answer by itself tells what is the matter
    return [await outcome(entries[0], await request(api, entries[0]))];
  };
}

/** The answers at the head of the entries that go in one call; what follows a skip or something taken back waits for it. */
function answersTogether(entries) {
  const end = entries.findIndex((entry) => entry.op !== "answer");
  const head = entries.slice(0, end < 0 ? AT_ONCE : Math.min(end, AT_ONCE));
  let characters = 0;
  return head.filter((entry) => (characters += JSON.stringify(entry.body).length) < MOST_CHARACTERS);
}

const isForLater = (status) => [0, 408, 425, 429].includes(status) || status >= 500;
const inList = ({ task, body }) => ({ ...body, task });

function request(api, { task, op, body }) {
  if (op === "answer") return call("PUT", `${api}/tasks/${task}/answer/`, body);
  if (op === "skip") return call("POST", `${api}/tasks/${task}/skip/`, body);
  return call("DELETE", `${api}/tasks/${task}/answer/`);
}
