// The REST API with the session's cookie. Nothing here throws: a lost connection is an outcome like any other.

const TIMEOUT_MS = 20_000;
const KEEPALIVE_LIMIT = 32_000; // browsers let all keepalive requests together carry 64 kB

/** Calls the server; `status` is 0 when there was no usable answer. `{status, body, retryAfterS}` */
export async function call(method, url, body) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = { Accept: "application/json" };
  if (payload !== undefined) headers["Content-Type"] = "application/json";
  // Read at every call: signing in again in another tab changes the token.
  if (method !== "GET") headers["X-CSRFToken"] = cookie("csrftoken");
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: payload,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error", // a proxy's sign-in page must never pass for "saved"
      keepalive: method !== "GET" && (payload?.length ?? 0) < KEEPALIVE_LIMIT,
      signal: controller.signal,
    });
    const json = await jsonOf(response);
    if (response.ok && response.status !== 204 && json === undefined) return nothing();
    return { status: response.status, body: json, retryAfterS: secondsOf(response.headers.get("Retry-After")) };
  } catch {
    return nothing();
  } finally {
    clearTimeout(timer);
  }
}

/** The server's own words for a refusal, in one line. */
export function wordsOf(body, otherwise) {
  if (!body || typeof body !== "object") return otherwise;
  if (typeof body.detail === "string") return body.detail;
  const words = Object.values(body).flat(Infinity).filter((value) => typeof value === "string");
  return words.length ? words.join(" ") : otherwise;
}

const LONGEST_WAIT_S = 60; // whatever a proxy says: whoever waits wants to see it end

/** Retry-After as seconds, whether it names them or a date; 0 when it says nothing. */
function secondsOf(header) {
  if (!header) return 0;
  const seconds = Number.isNaN(Number(header)) ? (Date.parse(header) - Date.now()) / 1_000 : Number(header);
  return Math.min(LONGEST_WAIT_S, Math.max(0, seconds || 0));
}

const TROUBLES = {
  disk_full: "The server’s disk is full.",
  busy: "The server is busy.",
  away: "The server cannot reach its data.",
  too_fast: "Answers are taken a little more slowly here.",
};

/** What is the matter, in words, when an answer says that it could not be taken now. */
export function troubleOf({ status, body }) {
  const said = TROUBLES[body?.code];
  if (said) return said;
  if (status === 507) return TROUBLES.disk_full;
  if (status === 429) return TROUBLES.busy;
  return status >= 500 ? "The server is in trouble." : "No connection.";
}

export function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

async function jsonOf(response) {
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return undefined;
  return response.json();
}

function nothing() {
  return { status: 0, body: undefined, retryAfterS: 0 };
}
