// One tab at a time does the work. Web Locks need a secure context; over plain http a short lease in localStorage stands in.

const LEASE_MS = 5_000;

/** `lock(work)` runs `work` when no other tab holds the lock and resolves to its result, or to undefined when busy. */
export function tabLock(name) {
  if (navigator.locks) {
    return (work) => navigator.locks.request(name, { ifAvailable: true }, (held) => (held ? work() : undefined));
  }
  const me = `${Date.now()}-${Math.random()}`;
  return (work) => leased(`lock:${name}`, me, work);
}

async function leased(key, me, work) {
  const holder = read(key);
  if (holder && holder.owner !== me && holder.until > Date.now()) return undefined;
  const renew = () => write(key, { owner: me, until: Date.now() + LEASE_MS });
  renew();
  // Two tabs may both have seen it free; the last writer keeps it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (read(key)?.owner !== me) return undefined;
  const timer = setInterval(renew, LEASE_MS / 3);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    write(key, null);
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // without storage there is nothing the tabs share, so nothing to guard
  }
}
