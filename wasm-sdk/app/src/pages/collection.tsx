/** A collection: its numbers over time, its records, what is looked for among them, and what the server sees of each. */

import type { Collection, Explanation, Page as RecordPage, Record, TermId } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { allLeaves, at, foundByValue } from "../form/fields.ts";
import { shown } from "../form/shown.ts";
import { collectionAt, vocabulariesOf, type Vocabulary } from "../holdings.ts";
import { Load, useLoad } from "../load.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { RecordTable } from "../parts/record-table.tsx";
import { saveFile } from "../parts/save-file.ts";
import { Search, nothing, type Sought } from "../parts/search.tsx";
import { ServerView } from "../parts/server-view.tsx";
import { Share } from "../parts/share.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Who } from "../parts/who.tsx";
import { Plot } from "../plot/plot.tsx";
import { seriesOf, timeField, timeOf } from "../plot/series.ts";
import { go, to, toPlace, type Place } from "../route.ts";
import { count, LEVEL } from "../words.ts";

/** How many records are fetched at once, and until how many one page follows the other by itself. */
const PAGE = 250;
const AT_ONCE = 2_000;
/** How many rows the table shows before it is asked for more. */
const ROWS = 100;

export function CollectionPage({ place }: { place: Place }): JSX.Element {
  const opened = useLoad(async () => {
    const collection = await collectionAt(place);
    return { collection, vocabularies: await vocabulariesOf(place, collection).catch(() => []) };
  }, [place.by, place.scope]);
  if (opened.value === undefined) {
    return <Page title="Collection" back={backOf(place)}><Load of={opened} what="the collection">{() => null}</Load></Page>;
  }
  return <Open key={opened.value.collection.scope} place={place} {...opened.value} />;
}

/** Where one came from. */
export function backOf({ by }: Place): readonly [string, string] {
  return by === undefined ? [to(), "My data"] : by === "link" ? [to("link"), "The link"] : [to("shared", by), "Shared with me"];
}

/** Whether records may be read, or added, with this level; an owner has none and may do everything. */
export function may({ level }: Collection): { readonly read: boolean; readonly add: boolean; readonly change: boolean } {
  return { read: level !== "create-only", add: level !== "read", change: level === undefined || level === "contribute" || level === "manage" };
}

function Open({ place, collection, vocabularies }: { place: Place; collection: Collection; vocabularies: readonly Vocabulary[] }): JSX.Element {
  const [sought, seek] = useState<Sought>(nothing);
  const [sharing, setSharing] = useState(false);
  const [cursor, setCursor] = useState<string | undefined>();
  const [panel, setPanel] = useState(false);
  const [rows, setRows] = useState(ROWS);
  const can = may(collection);
  const found = useRecords(collection, sought, can.read);
  const series = useMemo(() => seriesOf(collection.definition, found.records), [collection, found.records]);
  const under = found.records.find(({ id }) => id === cursor) ?? found.records[0];
  const own = place.by === undefined;
  const filtered = sought !== nothing;
  const title = `${filtered ? "Found: " : ""}${count(found.records.length, "record")}${found.more ? ", and more" : ""}`;

  return (
    <Page title={collection.title} back={backOf(place)}
      lead={own ? undefined : <>From <Who id={collection.owner} />. You may: {LEVEL[collection.level ?? "read"].name.toLowerCase()}.</>}
      actions={<>
        {own && <button type="button" class="button" onClick={() => setSharing(true)}><Icon name="share" />Share</button>}
        {can.add && <a class="button" href={toPlace(place, "import")}><Icon name="upload" />Import</a>}
        {can.add && <a class="button primary" href={toPlace(place, "add")}><Icon name="plus" />Add</a>}
      </>}>
      {!can.read && (
        <Empty icon="upload" title="You may add records here" action={<a class="button primary" href={toPlace(place, "add")}><Icon name="plus" />Add a record</a>}>
          What is here already, yours included, only its owner reads.
        </Empty>
      )}
      {can.read && (
        <>
          <Search collection={collection} vocabularies={vocabularies} sought={sought} onSeek={seek} explanation={found.explanation} />
          {found.error !== undefined && <Trouble error={found.error} onRetry={found.retry} />}
          {found.rejected.length > 0 && (
            <div class="notice bad" role="alert">
              <Icon name="warning" />
              <details class="grow">
                <summary>{count(found.rejected.length, "record")} could not be trusted, and {found.rejected.length === 1 ? "is" : "are"} not shown</summary>
                <ul>{found.rejected.map(({ record, code, message }, index) => <li key={index}><span class="mono">{record?.slice(0, 8)}</span> {message} ({code})</li>)}</ul>
              </details>
            </div>
          )}
          {found.records.length === 0 && !found.loading && found.error === undefined && (filtered
            ? <Empty icon="search" title="Nothing matches" action={<button type="button" class="button" onClick={() => seek(nothing)}>Show everything</button>}>No record meets these conditions. Take one away, or look for something else.</Empty>
            : (
              <Empty icon="data" title="Nothing here yet" action={can.add && <>
                <a class="button primary" href={toPlace(place, "add")}><Icon name="plus" />Add the first</a>
                <a class="button" href={toPlace(place, "import")}><Icon name="upload" />Import a file</a>
              </>}>{can.add ? "Type in a first record, or bring what you have: a spreadsheet saved as CSV, JSON, or a FHIR file from your clinic." : "As soon as something is added, you see it here."}</Empty>
            ))}
          {found.records.length > 0 && (
            <div class={`with-panel ${panel ? "open" : ""}`}>
              <div class="stack">
                <Plot all={series} title={collection.title} onCursor={setCursor} onOpen={(record) => go(toPlace(place, "r", record))} />
                <section class="card list">
                  <div class="row between" style={{ padding: "0.8rem 1rem" }}>
                    <h2>{title}</h2>
                    <span class="hidden-but-read" role="status">{title}</span>
                    <div class="row">
                      <button type="button" class="button small" onClick={() => download(collection, found.records)}><Icon name="download" size={16} />Save as CSV</button>
                      <button type="button" class="button small" aria-pressed={panel} onClick={() => setPanel(!panel)}><Icon name="server" size={16} />What the server sees</button>
                    </div>
                  </div>
                  <RecordTable collection={collection} records={found.records.slice(0, rows)} place={place} cursor={panel ? under?.id : undefined} onCursor={setCursor} />
                  {(found.more || rows < found.records.length) && (
                    <div class="row" style={{ padding: "0.8rem 1rem" }}>
                      <button type="button" class="button" disabled={found.loading} onClick={() => { if (rows < found.records.length) setRows(rows + ROWS); else found.further(); }}>
                        {found.loading && <span class="waiting" aria-hidden="true" />}Show earlier ones
                      </button>
                    </div>
                  )}
                </section>
              </div>
              {panel && under !== undefined && <ServerView collection={collection} record={under} onClose={() => setPanel(false)} />}
            </div>
          )}
          {found.loading && found.records.length === 0 && <p class="row muted" role="status"><span class="waiting" aria-hidden="true" />Opening records…</p>}
        </>
      )}
      {sharing && <Share onClose={() => setSharing(false)} collection={collection} vocabularies={vocabularies} />}
    </Page>
  );
}

interface Found {
  readonly records: readonly Record<unknown>[];
  readonly rejected: RecordPage<unknown>["rejected"];
  readonly explanation: Explanation | undefined;
  readonly loading: boolean;
  readonly error: unknown;
  readonly more: boolean;
  readonly further: () => void;
  readonly retry: () => void;
}

/** The records that are looked for, page after page, by their own time. */
function useRecords(collection: Collection, sought: Sought, may: boolean): Found {
  const [pages, setPages] = useState<readonly RecordPage<unknown>[]>([]);
  const [state, setState] = useState<{ loading: boolean; error?: unknown }>({ loading: true });
  const [explanation, explain] = useState<Explanation | undefined>();
  const [round, again] = useState(0);

  // Days and words are looked for here: they change nothing that is asked of the server.
  const onServer = JSON.stringify([sought.equals, sought.term]);
  const ends = useRef(new AbortController());

  const read = async (before: readonly RecordPage<unknown>[]): Promise<void> => {
    const { signal } = ends.current;
    setState({ loading: true });
    try {
      const query = queryOf(collection, sought);
      let read = before;
      let fetched = 0;
      do {
        const next = read.at(-1)?.next;
        const page = await (next === undefined ? query : query.page(next)).fetch({ signal });
        if (signal.aborted) return;
        read = [...read, page];
        fetched += page.records.length + page.rejected.length;
        setPages(read);
      } while (read.at(-1)?.next !== undefined && fetched < AT_ONCE);
      setState({ loading: false });
    } catch (error) {
      if (!signal.aborted) setState({ loading: false, error });
    }
  };
  useEffect(() => {
    if (!may) return;
    ends.current = new AbortController();
    setPages([]);
    explain(undefined);
    void read([]);
    if (sought.equals.length > 0 || sought.term !== undefined) queryOf(collection, sought).explain().then(explain, () => undefined);
    return () => ends.current.abort();
  }, [collection, onServer, round]);

  const records = useMemo(() => {
    const time = timeField(collection.definition);
    const words = sought.words.trim().toLowerCase();
    const leaves = allLeaves(collection.definition);
    return pages.flatMap((page) => page.records)
      .filter((one) => words === "" || leaves.some((leaf) => shown(at(one.data, leaf.pointer), leaf).toLowerCase().includes(words)))
      .filter((one) => within(timeOf(one, time), sought))
      .sort((a, b) => timeOf(b, time) - timeOf(a, time));
  }, [pages, sought]);
  return {
    records, explanation, ...state, error: state.error,
    rejected: pages.flatMap((page) => page.rejected),
    more: pages.at(-1)?.next !== undefined,
    further: () => void read(pages),
    retry: () => again(round + 1),
  };
}

function within(time: number, { from, until }: Sought): boolean {
  return (from === "" || time >= new Date(`${from}T00:00`).getTime()) && (until === "" || time <= new Date(`${until}T23:59:59.999`).getTime());
}

function queryOf(collection: Collection, { equals, term }: Sought) {
  let query = collection.query().newestFirst().limit(PAGE);
  for (const { field, value } of equals) query = query.eq(field, value);
  if (term !== undefined) query = query.within(term satisfies TermId);
  const indexed = foundByValue(collection.definition);
  return equals.every(({ field }) => indexed.has(field)) ? query : query.scan(10_000);
}

function download(collection: Collection, records: readonly Record<unknown>[]): void {
  const leaves = allLeaves(collection.definition);
  const cell = (value: unknown): string => {
    const text = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    // A spreadsheet takes a cell that begins like this for a formula.
    const safe = typeof value === "string" && /^[=+\-@\t]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [leaves.map(({ title }) => cell(title)), ...records.map(({ data }) => leaves.map(({ pointer }) => cell(at(data, pointer))))];
  saveFile(`${collection.title}.csv`, lines.map((line) => line.join(",")).join("\r\n"), "text/csv");
}
