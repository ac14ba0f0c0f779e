// What a test module uses: `test` names one case, `run` turns all of a page; a case fails by throwing.

const cases = [];

export function test(name, body) {
  cases.push({ name, body });
}

/** Runs the cases one after another, each with empty storage. Resolves to `[{name, error}]`, error null where it passed. */
export async function run() {
  const outcomes = [];
  for (const { name, body } of cases) {
    localStorage.clear();
    sessionStorage.clear();
    document.body.replaceChildren();
    let error = null;
    try {
      await body();
    } catch (thrown) {
      error = thrown?.stack ?? String(thrown);
    }
    outcomes.push({ name, error });
  }
  return outcomes;
}

export function equal(found, expected, about = "") {
  const [one, other] = [found, expected].map((value) => JSON.stringify(ordered(value)));
  if (one !== other) throw new Error(`${about ? `${about}: ` : ""}expected ${other}, found ${one}`);
}

export function ok(found, about = "not true") {
  if (!found) throw new Error(about);
}

export function near(found, expected, within = 1e-9) {
  if (!(Math.abs(found - expected) <= within)) throw new Error(`expected ${expected} within ${within}, found ${found}`);
}

/** Waits until the condition holds: what a module does next runs in microtasks and timers of its own. */
export async function until(condition, about = "the condition never held") {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(about);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A repeatable generator of numbers in [0, 1) (mulberry32), for cases that try many orders. */
export function randomness(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function ordered(value) {
  if (value === undefined) return "undefined";
  if (value instanceof Set || value instanceof Map) return ordered([...value]);
  if (Array.isArray(value)) return value.map(ordered);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, ordered(value[key])]));
  }
  return value;
}
