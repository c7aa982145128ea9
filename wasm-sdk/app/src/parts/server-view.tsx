/** What the server has of a record, byte for byte, beside what it means. */

import type { Collection, Record, StoredRecord } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { count, size, when } from "../words.ts";
import { Icon } from "./icon.tsx";
import { Trouble } from "./trouble.tsx";

/** Each look is a reading in the audit: what was seen once is not fetched again. */
const seen = new Map<string, StoredRecord>();
const SHOWN = 320;

export function ServerView({ collection, record, onClose }: { collection: Collection; record: Record<unknown>; onClose?: () => void }): JSX.Element {
  const [stored, set] = useState<StoredRecord | undefined>(seen.get(record.digest));
  const [error, fail] = useState<unknown>();
  const [round, again] = useState(0);
  const [all, setAll] = useState(false);
  useEffect(() => {
    set(seen.get(record.digest));
    fail(undefined);
    if (seen.has(record.digest)) return;
    const ends = new AbortController();
    // The cursor passes over many records: only where it rests is looked.
    const timer = setTimeout(() => {
      collection.stored(record.id, { signal: ends.signal }).then(
        (found) => { seen.set(record.digest, found); if (!ends.signal.aborted) set(found); },
        (reason: unknown) => { if (!ends.signal.aborted) fail(reason); },
      );
    }, 250);
    return () => { clearTimeout(timer); ends.abort(); };
  }, [record.digest, round]);
  const own = JSON.stringify(record.data).length;
  return (
    <aside class={`server-view ${onClose === undefined ? "" : "docked"}`} aria-label="What the server sees of this record">
      <div class="row between" style={{ flexWrap: "nowrap" }}>
        <h2 class="row"><Icon name="server" />What the server sees</h2>
        {onClose !== undefined && <button type="button" class="button quiet icon small" aria-label="Close what the server sees" onClick={onClose}><Icon name="close" /></button>}
      </div>
      {error !== undefined && <Trouble error={error} onRetry={() => again(round + 1)} />}
      {stored === undefined && error === undefined && <p class="row" role="status"><span class="waiting" aria-hidden="true" />Asking the server…</p>}
      {stored !== undefined && (
        <>
          <p>Of the record of {when(record.writtenAt)}. You see what it says; this is all that is kept outside this device.</p>
          <div class="big-numbers">
            <div><strong>{size(own)}</strong><span>what you wrote</span></div>
            <div><strong>{size(stored.ciphertext.length)}</strong><span>encrypted, with padding</span></div>
            <div><strong>{size(stored.envelope.length)}</strong><span>stored in all</span></div>
          </div>
          <div class="stack tight">
            <h3>The content</h3>
            <p>Meaningless without a key. Padded, so that its length says little.</p>
            <div class="hex" tabIndex={0} role="img" aria-label={`${stored.ciphertext.length} bytes of ciphertext`}>{hex(all ? stored.ciphertext : stored.ciphertext.subarray(0, SHOWN))}{!all && stored.ciphertext.length > SHOWN && "…"}</div>
            {stored.ciphertext.length > SHOWN && <div><button type="button" class="button quiet small" onClick={() => setAll(!all)}>{all ? "Show less" : "Show all of it"}</button></div>}
          </div>
          <div class="stack tight">
            <h3>Search marks: {stored.tokens.length === 0 ? "none" : count(stored.tokens.length, "token")}</h3>
            <p>{stored.tokens.length === 0 ? "The server cannot search in this record at all." : "Equal where records share something that can be searched for, such as a value or a word, and nothing else: not what it is."}</p>
            {stored.tokens.map(({ token, kind }) => <span key={token} class="token">{token} <span style={{ color: "var(--night-muted)" }}>({kind === "unique" ? "only one record has it" : "index"})</span></span>)}
          </div>
          <div class="stack tight">
            <h3>Who can open it: {count(stored.recipients.length, "locked key")}</h3>
            <p>The record's key, locked for readers of the collection{stored.recipients.some(({ term }) => term !== undefined) ? " and of its labels" : ""}. The server has no key to these locks.</p>
            {stored.recipients.map((one, at) => (
              <span key={at} class="token">{one.term === undefined ? "collection" : `label ${one.term.slice(0, 8)}`}, period {one.epoch + 1}: {hex(one.wrapped.subarray(0, 12))}…</span>
            ))}
          </div>
          <div class="stack tight">
            <h3>In clear</h3>
            <dl>
              <dt>Account</dt><dd class="token">{stored.clear.account.slice(0, 16)}…</dd>
              <dt>Collection</dt><dd class="token">{stored.clear.scope.slice(0, 16)}…</dd>
              <dt>Record</dt><dd class="token">{stored.clear.record}</dd>
              <dt>Version</dt><dd>{stored.clear.version}</dd>
              <dt>Written</dt><dd>{when(stored.clear.writtenAt)}</dd>
              <dt>Author</dt><dd class="token">{stored.clear.author.slice(0, 16)}…</dd>
              <dt>Signature</dt><dd class="token">{stored.clear.signature.slice(0, 24)}…</dd>
            </dl>
            <p>Names of collections, fields and labels are not among it: the server has never seen them.</p>
          </div>
        </>
      )}
    </aside>
  );
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
