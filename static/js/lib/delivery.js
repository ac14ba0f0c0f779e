// One entry of the outbox becomes one idempotent REST call, and the server's answer one of five outcomes.

import { call, troubleOf, wordsOf } from "./api.js";

const LEASE_LOST =
  "This question had been reserved for you for too long and was given to somebody else. Your answer was not counted.";

/** `deliver(entry)` for the Outbox. `whoAmI()` resolves to `{reached, user}`, user being null when signed out. */
export function delivery({ api, user, whoAmI, sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }) {
  return async function deliver(entry, attempt = 0) {
    const { status, body, retryAfterS } = await request(api, entry);
    if (status >= 200 && status < 300) return { kind: "done", body };
    if (status === 0 || status === 408 || status === 425 || status === 429 || status >= 500) {
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
        return deliver(entry, attempt + 1);
      }
    }
    if (entry.op !== "answer" && (status === 404 || status === 409)) return { kind: "done" }; // nothing left to give back
    if (status === 409) return { kind: "refused", code: "lease-lost", reason: LEASE_LOST };
    return { kind: "refused", code: String(status), reason: wordsOf(body, `The server answered ${status}.`) };
  };
}

function request(api, { task, op, body }) {
  if (op === "answer") return call("PUT", `${api}/tasks/${task}/answer/`, body);
  if (op === "skip") return call("POST", `${api}/tasks/${task}/skip/`, body);
  return call("DELETE", `${api}/tasks/${task}/answer/`);
}
