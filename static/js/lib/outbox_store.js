// Where unsent answers are kept: IndexedDB, flushed to the disk before it counts; localStorage where that is forbidden.

const TABLE = "entries";

/** `{add(entry) -> seq, all() -> entries in order, put(entry), remove(seq)}`, shared by all tabs of this browser. */
export async function openStore(name) {
  try {
    return new DatabaseStore(name, await opened(name));
  } catch {
    return new LocalStore(name);
  }
}

class DatabaseStore {
  #name;
  #database;

  constructor(name, database) {
    this.#name = name;
    this.#use(database);
  }

  add(entry) {
    return this.#write((table) => table.add(entry), "strict");
  }

  put(entry) {
    return this.#write((table) => table.put(entry));
  }

  remove(seq) {
    return this.#write((table) => table.delete(seq));
  }

  async all() {
    await this.#reopened();
    return settled(this.#database.transaction(TABLE).objectStore(TABLE).getAll());
  }

  // An answer is flushed to the disk. A removal need not be: the entry that comes back is sent again, and is the same.
  async #write(change, durability = "relaxed") {
    await this.#reopened();
    const transaction = this.#database.transaction(TABLE, "readwrite", { durability });
    const request = change(transaction.objectStore(TABLE));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    return request.result;
  }

  #use(database) {
    this.#database = database;
    const forget = () => {
      this.#database = null;
    };
    database.onclose = forget;
    database.onversionchange = () => {
      database.close();
      forget();
    };
  }

  // Safari closes the database of a page that slept.
  async #reopened() {
    if (!this.#database) this.#use(await opened(this.#name));
  }
}

/** The same in localStorage. Every change is written before the call returns. */
export class LocalStore {
  #key;
  #memory = [];
  #inMemory = false; // what is stored is older than what is remembered: it could not be written

  constructor(name) {
    this.#key = name;
  }

  async add(entry) {
    const entries = this.#read();
    const seq = Math.max(Date.now(), (entries.at(-1)?.seq ?? 0) + 1);
    this.#save([...entries, { ...entry, seq }]);
    if (this.#inMemory) throw new Error("no room for the answer in this browser"); // the page must ask before it closes
    return seq;
  }

  async put(entry) {
    this.#save([...this.#read().filter((kept) => kept.seq !== entry.seq), entry].sort((a, b) => a.seq - b.seq));
  }

  async remove(seq) {
    this.#save(this.#read().filter((kept) => kept.seq !== seq));
  }

  async all() {
    return this.#read();
  }

  /** The same at once. */
  kept() {
    return this.#read();
  }

  #read() {
    if (this.#inMemory) return this.#memory;
    try {
      return JSON.parse(localStorage.getItem(this.#key)) ?? [];
    } catch {
      return this.#memory;
    }
  }

  #save(entries) {
    this.#memory = entries;
    try {
      localStorage.setItem(this.#key, JSON.stringify(entries));
      this.#inMemory = false;
    } catch {
      this.#inMemory = true; // it is full or forbidden: kept while the page is open
    }
  }
}

function opened(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "seq", autoIncrement: true });
  return settled(request);
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
