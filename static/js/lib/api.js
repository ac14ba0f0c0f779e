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
    return { status: response.status, body: json, retryAfterS: Number(response.headers.get("Retry-After")) || 0 };
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
