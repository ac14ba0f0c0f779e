// Asks a model about one row, and asks again by itself while the predictor starts.

import { cookie, wordsOf } from "./api.js";

const TIMEOUT_MS = 120_000;
/** So often in a row; with what the server says of when, about two minutes. */
const MOST_TRIES = 40;
const LONGEST_WAIT_S = 60;

/** `said` is the answer to the row, or `trouble` says in words why there is none. `waiting(words)` is told meanwhile.
 *  `send()` gives `{status, body, retryAfterS}`; both are given by tests. */
export async function ask({ send, waiting, signal, pause = sleep }) {
  for (let tries = 1; ; tries += 1) {
    const { status, body, retryAfterS } = await send();
    if (signal?.aborted) return {};
    if (status === 200 && Array.isArray(body) && body.length) return refusedOr(body[0]);
    if (status !== 503 || tries >= MOST_TRIES) return { trouble: troubleOf(status, body, retryAfterS), code: body?.code };
    waiting(tries === 1 ? "The predictor starts, which takes some seconds." : `The predictor starts. Asked ${tries} times.`);
    await pause(1_000 * Math.min(LONGEST_WAIT_S, Math.max(1, retryAfterS)));
    if (signal?.aborted) return {};
  }
}

/** One request: rows as JSON, or a picture as a file. */
export async function send(url, { row, picture }, signal) {
  const form = picture ? new FormData() : undefined;
  form?.append("pictures", picture, picture.name || "picture");
  const headers = { Accept: "application/json", "X-CSRFToken": cookie("csrftoken") };
  if (!form) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: form ?? JSON.stringify({ rows: [row] }),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error", // a sign-in page is no answer
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    const seconds = Number(response.headers.get("Retry-After"));
    return { status: response.status, body: isJson ? await response.json() : undefined, retryAfterS: seconds || 0 };
  } catch {
    return { status: 0, body: undefined, retryAfterS: 0 };
  }
}

function refusedOr(said) {
  return said.status === "refused" ? { trouble: `This cannot be asked about: ${said.reason}` } : { said };
}

const TROUBLES = {
  0: "No connection to the server. Try again.",
  401: "You are signed out. Load this page again to sign in.",
  413: "This is too large to be asked about.",
  503: "The predictor does not start. Whoever runs this server finds the reason in its log.",
};

function troubleOf(status, body, retryAfterS) {
  if (status === 429) return `${wordsOf(body, "You have asked as much as you may.")} Again in ${retryAfterS || 1} s.`;
  return TROUBLES[status] ?? wordsOf(body, "The server could not answer. Whoever runs it finds the reason in its log.");
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
