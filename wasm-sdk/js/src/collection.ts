/** `Collection`: records of one definition, one's own or granted; the API is the same. */

import type { Definition, Fault, Leakage } from "./definition.js";
import { PryvError } from "./error.js";
import { Handle } from "./handle.js";
import type { AccessId, Level, PrincipalId, RecordId, ScopeId, Suite, TermId, Uri } from "./ids.js";
import { Query } from "./query.js";
import type { RawCollection, RawNeighbours, RawRecord, RawRotated, RawStoredRecord, RawTombstonePage, RawVersion, RawVersions } from "./raw.js";
import { record, storedRecord, termId, version, versions } from "./read.js";
import type { Deleted, Neighbours, Record, StoredRecord, TombstonePage, Version, VersionRef, Versions } from "./record.js";
import type { CallOptions, ProgressOptions, Remote } from "./rpc.js";

/** How many records go to the worker at once, and how many characters of JSON about. */
const CHUNK_RECORDS = 500;
const CHUNK_LENGTH = 512 * 1024;

/** How long the page writes JSON before it does something else, in milliseconds. */
const SLICE = 8;

/** What a new record may be given beside its content. */
export interface CreateOptions extends CallOptions {
  /** The terms that it is filed under. */
  readonly terms?: readonly TermId[];
  /** An id of `newId()` that was kept: the same call twice does not create it twice. Not together with `terms`. */
  readonly id?: RecordId;
}

/** Which records around one. */
export interface RelatedOptions extends ProgressOptions {
  /** Only what the records refer to, or only what refers to them. */
  readonly direction?: "outgoing" | "incoming";
  /** Only by the relations of these fields (JSON pointers). */
  readonly fields?: readonly string[];
  /** Up to so many steps; one if not said. */
  readonly depth?: number;
  /** At most so many records; 10,000 if not said. */
  readonly limit?: number;
}

/** New keys of a collection. */
export interface Rotated {
  /** In which epoch is written from now on. */
  readonly epoch: number;
  /** The generation of the re-encryption key pair, if another one began. */
  readonly generation?: number;
  readonly suite: Suite;
  /** The collection as it is now. */
  readonly collection: Collection;
}

/** How much was put under the present keys. */
export interface Rewrapped {
  readonly rewrapped: number;
  /** Records that were under them already. */
  readonly present: number;
  /** Records that do not open, and stay as they are. */
  readonly unusable: number;
}

/** What an upsert did. */
export interface Upserted<T> {
  /** The record as it was written. */
  readonly record: Record<T>;
  /** Whether it was not there before. */
  readonly created: boolean;
}

/** What indexing did. */
export interface Reindexed {
  /** How many records were given other tokens. */
  readonly indexed: number;
  /** Records that do not open: every query by an index looks at them. */
  readonly unusable: readonly RecordId[];
  /** Records whose value in a unique field another one has as well: change or delete them, and index again. */
  readonly notUnique: readonly RecordId[];
}

/** A collection, opened. */
export class Collection extends Handle {
  readonly scope: ScopeId;
  /** Whose collection it is. */
  readonly owner: PrincipalId;
  readonly uri: Uri;
  /** The access by which it is reached; absent for its owner. */
  readonly access: AccessId | undefined;
  /** What this account may do with it; absent for its owner, who may do everything. */
  readonly level: Level | undefined;
  /** What it holds, as its owner defined it. */
  readonly definition: Definition;
  /** How many epochs it has had when it was opened: one first, one more after each revocation. */
  readonly epochs: number;
  /** Which algorithms protected what was written when it was opened. */
  readonly suite: Suite;

  /** @internal */
  constructor(remote: Remote, raw: RawCollection) {
    super(remote, raw.handle);
    ({ scope: this.scope, owner: this.owner, uri: this.uri, access: this.access, level: this.level } = raw);
    ({ definition: this.definition, epochs: this.epochs, suite: this.suite } = raw);
  }

  /** What people call it. */
  get title(): string {
    return this.definition.title;
  }

  /** Creates a record. It is validated, encrypted, indexed and signed here. */
  async create<T>(data: T, { terms, id, signal }: CreateOptions = {}): Promise<Record<T>> {
    const args = { data, terms: terms?.map(termId), id };
    return record(await this.remote.call<RawRecord<T>>(this.handle, "create", args, { signal }));
  }

  /**
   * Creates many records, up to 500 in one transaction. At the first one that is refused it throws; the transactions before
   * it stay, and `details` of the error say which ones.
   */
  async createMany<T>(records: Iterable<T> | AsyncIterable<T>, options: ProgressOptions = {}): Promise<RecordId[]> {
    const created: RecordId[] = [];
    const known = Array.isArray(records) ? records.length : undefined;
    for await (const chunk of chunks(records)) {
      const before = created.length;
      try {
        created.push(...await this.remote.callWith<RecordId[]>(this.handle, "createMany", `{"records":[${chunk.join()}]}`, {
          signal: options.signal,
          onProgress: (done) => options.onProgress?.(before + done, known),
        }));
      } catch (error) {
        throw behind(error, created);
      }
    }
    return created;
  }

  /** Writes the next version of a record, if nobody has written one since it was read. It stays under its terms. */
  async update<T>(on: VersionRef, data: T, options: CallOptions = {}): Promise<Record<T>> {
    const args = { ...versionRef(on), data };
    return record(await this.remote.call<RawRecord<T>>(this.handle, "update", args, options));
  }

  /**
   * Writes the next version of the record that has the same value as `data` in a unique field, or creates one if there is none. Throws
   * `not-unique-field` if the field has no unique index, and `no-value` if `data` has no value there.
   */
  async upsert<T>(field: string, data: T, options: CallOptions = {}): Promise<Upserted<T>> {
    const done = await this.remote.call<{ record: RawRecord<T>; created: boolean }>(this.handle, "upsert", { field, data }, options);
    return { record: record(done.record), created: done.created };
  }

  /**
   * Puts a record away, if nobody has written a version since it was read: queries leave it out, unless they ask for it (`state`). It goes
   * on holding its unique values. That it is put away stands in clear in its next version, signed.
   */
  async trash<T = unknown>(on: VersionRef, options: CallOptions = {}): Promise<Record<T>> {
    return record(await this.remote.call<RawRecord<T>>(this.handle, "trash", versionRef(on), options));
  }

  /** Brings a record back that was put away, if nobody has written a version since it was read. */
  async restore<T = unknown>(on: VersionRef, options: CallOptions = {}): Promise<Record<T>> {
    return record(await this.remote.call<RawRecord<T>>(this.handle, "restore", versionRef(on), options));
  }

  /** One page of the records that were deleted, behind the page that `after` ended. A server can leave some out, and make none up. */
  async deleted(after?: string, options: CallOptions = {}): Promise<TombstonePage> {
    const { deleted, ...page } = await this.remote.call<RawTombstonePage>(this.handle, "deleted", { after }, options);
    return { ...page, deleted: deleted.map(({ at, ...one }) => ({ ...one, at: new Date(at) })) };
  }

  /**
   * Deletes a record, if nobody has written a version since it was read. What is left says that it was deleted, by whom, when. What
   * becomes of records that refer to it, their relations say. Throws `referred-to` if one restricts (`details.by` says which).
   */
  delete(on: VersionRef, options: CallOptions = {}): Promise<Deleted> {
    return this.remote.call(this.handle, "delete", versionRef(on), options);
  }

  /** The records that a record refers to and those that refer to it, in both directions and one step if nothing else is said. */
  async related<T = unknown>(to: Pick<Record<unknown>, "id" | "data">, options: RelatedOptions = {}): Promise<Neighbours<T>> {
    const { signal, onProgress, ...asked } = options;
    const args = { id: to.id, data: to.data, ...asked };
    const { records, ...rest } = await this.remote.call<RawNeighbours<T>>(this.handle, "related", args, { signal, onProgress });
    return { ...rest, records: records.map((one) => ({ ...one, record: record(one.record) })) };
  }

  /** Files a record under these terms and no others. Its content stays as it was signed. */
  async file<T = unknown>(on: VersionRef, terms: readonly TermId[], options: CallOptions = {}): Promise<Record<T>> {
    const args = { ...versionRef(on), to: terms.map(termId) };
    return record(await this.remote.call<RawRecord<T>>(this.handle, "file", args, options));
  }

  /** Puts every record under the present keys, page by page, while others read and write. Safe to interrupt and to repeat. */
  rewrap(options: ProgressOptions = {}): Promise<Rewrapped> {
    return this.remote.call(this.handle, "rewrap", {}, options);
  }

  /**
   * Indexes every record in the way of now: after indexes were added or removed, after new keys, and after somebody wrote who may not
   * read. Readers and writers notice nothing. Safe to interrupt and to repeat.
   */
  reindex(options: ProgressOptions = {}): Promise<Reindexed> {
    return this.remote.call(this.handle, "reindex", {}, options);
  }

  /** How many records are not indexed in the way of now, counted up to about a thousand for each way. */
  unindexedCount(options: CallOptions = {}): Promise<number> {
    return this.remote.call(this.handle, "unindexedCount", {}, options);
  }

  /** What its indexes show to whom, in words. Sends nothing. */
  leakage(): Promise<Leakage[]> {
    return this.remote.call(this.handle, "leakage");
  }

  /** Reads one record. */
  async get<T = unknown>(id: RecordId, options: CallOptions = {}): Promise<Record<T>> {
    return record(await this.remote.call<RawRecord<T>>(this.handle, "get", { id }, options));
  }

  /** Every version of a record that the collection keeps, newest first, each verified by itself. */
  async history<T = unknown>(id: RecordId, options: CallOptions = {}): Promise<Versions<T>> {
    return versions(await this.remote.call<RawVersions<T>>(this.handle, "history", { id }, options));
  }

  /** One version of a record; `undefined` if it is yet to be written, was not kept, or lies before this account's access. */
  async version<T = unknown>(id: RecordId, number: number, options: CallOptions = {}): Promise<Version<T> | undefined> {
    const found = await this.remote.call<{ version?: RawVersion<T> }>(this.handle, "version", { id, number }, options);
    return found.version === undefined ? undefined : version(found.version);
  }

  /**
   * Gives the collection new keys for what is written from now on; with `suite`, moves it to other algorithms, never to weaker ones;
   * with `hard`, replaces the re-encryption key pair as well. Owner only.
   */
  async rotate({ suite, hard, signal }: { readonly suite?: Suite; readonly hard?: boolean } & CallOptions = {}): Promise<Rotated> {
    const { collection, ...rotated } = await this.remote.call<RawRotated>(this.handle, "rotate", { suite, hard }, { signal });
    return { ...rotated, collection: new Collection(this.remote, collection) };
  }

  /** Begins a query: every record, until conditions are added. Iterate it with `for await`. */
  query<T = unknown>(): Query<T> {
    return new Query<T>(this, {});
  }

  /** Where content does not match the schema; nothing if it would be accepted. Sends nothing. */
  check(data: unknown): Promise<Fault[]> {
    return this.remote.call(this.handle, "check", { data });
  }

  /** Gives the collection another version of its definition: title, types and their schemas, indexes. Owner only. What is there is indexed anew by {@link Collection.reindex}. */
  async redefine(definition: Definition, options: CallOptions = {}): Promise<Collection> {
    return new Collection(this.remote, await this.remote.call<RawCollection>(this.handle, "redefine", { definition }, options));
  }

  /** What the server has of a record, byte for byte. Counts as a reading in the audit. */
  async stored(id: RecordId, options: CallOptions = {}): Promise<StoredRecord> {
    return storedRecord(await this.remote.call<RawStoredRecord>(this.handle, "stored", { id }, options));
  }

  /** An id for a record that is still to be created. */
  newId(): Promise<RecordId> {
    return this.remote.call(this.handle, "newId");
  }

  /** The `pryv://` name of a record. */
  instanceUri(id: RecordId): Uri {
    return `${this.uri}/instances/${id}`;
  }
}

function versionRef({ id, version, terms, trashed }: VersionRef): object {
  return { id, version, terms: terms?.map(termId) ?? [], trashed };
}

/** Records as JSON, a part at a time. Written record by record, so that the page goes on between them. */
async function* chunks<T>(records: Iterable<T> | AsyncIterable<T>): AsyncGenerator<string[]> {
  let chunk: string[] = [];
  let length = 0;
  let begun = performance.now();
  for await (const one of records) {
    // What JSON cannot say is refused as a record, with its number.
    const text = JSON.stringify(one) ?? "null";
    chunk.push(text);
    length += text.length;
    if (chunk.length >= CHUNK_RECORDS || length >= CHUNK_LENGTH) {
      yield chunk;
      chunk = [];
      length = 0;
      begun = performance.now();
    } else if (performance.now() - begun > SLICE) {
      await new Promise((resolve) => setTimeout(resolve));
      begun = performance.now();
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** The error of a later part, with what the earlier ones had created. */
function behind(error: unknown, created: readonly RecordId[]): unknown {
  if (!(error instanceof PryvError)) return error;
  const { code, message, kind, next, cause, details } = error;
  const all = [...created, ...(details.created ?? [])];
  const at = created.length + (details.at ?? 0);
  return new PryvError(code, message, { kind, next, cause, details: { ...details, created: all, at } });
}

