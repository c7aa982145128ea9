/**
 * Sessions in IndexedDB, each encrypted under an AES-256-GCM key of WebCrypto that is not extractable: whoever copies the
 * files of the browser without its key store reads nothing, and no script takes the key out.
 */

/** A database for each place: an application and a server. */
const PREFIX = "pryv-sessions:";
const KEYS = "keys";
const SESSIONS = "sessions";
const KEY = "session-key";

interface Row {
  readonly account: string;
  readonly username: string;
  readonly revision: number;
  readonly savedAt: number;
  readonly iv: Uint8Array;
  readonly sealed: ArrayBuffer;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the database failed"));
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error ?? new Error("the database failed"));
    transaction.onabort = () => reject(transaction.error ?? new Error("the database gave up"));
  });
}

async function open(place: string): Promise<IDBDatabase> {
  if (typeof indexedDB === "undefined") throw new Error("there is no IndexedDB here");
  if (typeof crypto === "undefined" || crypto.subtle === undefined) throw new Error("WebCrypto needs https, or localhost");
  const request = indexedDB.open(PREFIX + place, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(KEYS);
    request.result.createObjectStore(SESSIONS, { keyPath: "account" });
  };
  const database = await done(request);
  // Another page wipes the database: let it.
  database.onversionchange = () => database.close();
  return database;
}

async function withDatabase<T>(place: string, use: (database: IDBDatabase) => Promise<T>): Promise<T> {
  const database = await open(place);
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

/** The key to what is kept. Made once; two pages that make it at once end with one. */
async function key(database: IDBDatabase, make: boolean): Promise<CryptoKey | undefined> {
  const found = await done<CryptoKey | undefined>(database.transaction(KEYS).objectStore(KEYS).get(KEY));
  if (found !== undefined || !make) return found;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const transaction = database.transaction(KEYS, "readwrite");
  const store = transaction.objectStore(KEYS);
  const other = await done<CryptoKey | undefined>(store.get(KEY));
  if (other === undefined) store.put(made, KEY);
  await finished(transaction);
  return other ?? made;
}

/** What a session is sealed for: it opens as that of no other account. */
function context(place: string, account: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`pryv session\n${place}\n${account}`);
}

/** Keeps a session if what is kept is still of this revision; answers with whether it was. Wipes the copy that it took. */
export async function save(place: string, account: string, username: string, revision: number, session: Uint8Array): Promise<boolean> {
  const copy = Uint8Array.from(session);
  try {
    return await withDatabase(place, async (database) => {
      const by = await key(database, true);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const additionalData = context(place, account);
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, by as CryptoKey, copy);
      const transaction = database.transaction(SESSIONS, "readwrite", { durability: "strict" });
      const store = transaction.objectStore(SESSIONS);
      const kept = await done<Row | undefined>(store.get(account));
      if ((kept?.revision ?? 0) !== revision) return false;
      store.put({ account, username, revision: revision + 1, savedAt: Date.now(), iv, sealed } satisfies Row);
      await finished(transaction);
      return true;
    });
  } finally {
    copy.fill(0);
  }
}

/** What is kept of an account, decrypted. The reader wipes it. */
export function load(place: string, account: string): Promise<{ revision: number; session: Uint8Array } | null> {
  return withDatabase(place, async (database) => {
    const row = await done<Row | undefined>(database.transaction(SESSIONS).objectStore(SESSIONS).get(account));
    if (row === undefined) return null;
    const by = await key(database, false);
    const additionalData = context(place, account);
    const session = by === undefined
      ? new ArrayBuffer(0)
      : await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv as BufferSource, additionalData }, by, row.sealed)
        // Damaged, or another key's: whoever reads it says so.
        .catch(() => new ArrayBuffer(0));
    return { revision: row.revision, session: new Uint8Array(session) };
  });
}

/** Which sessions are kept, the one kept last first: JSON. */
export async function list(place: string): Promise<string> {
  return withDatabase(place, async (database) => {
    const rows = await done<Row[]>(database.transaction(SESSIONS).objectStore(SESSIONS).getAll());
    rows.sort((a, b) => b.savedAt - a.savedAt);
    return JSON.stringify(rows.map(({ account, username }) => ({ id: account, username })));
  });
}

/** Wipes one session; or all of them, and the key. With the last session the key goes too. */
export async function wipe(place: string, account?: string): Promise<void> {
  await withDatabase(place, async (database) => {
    const transaction = database.transaction([KEYS, SESSIONS], "readwrite", { durability: "strict" });
    const sessions = transaction.objectStore(SESSIONS);
    if (account === undefined) sessions.clear();
    else sessions.delete(account);
    const left = await done(sessions.count());
    if (left === 0) transaction.objectStore(KEYS).clear();
    await finished(transaction);
  });
}
