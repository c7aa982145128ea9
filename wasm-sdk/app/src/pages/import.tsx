/** Import a file: choose it, say what its columns mean, look at what is wrong, and bring in the rest. */

import { PryvError, type Collection } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { at, readable, typesOf, type Field } from "../form/fields.ts";
import { shown } from "../form/shown.ts";
import { changed, collectionAt } from "../holdings.ts";
import { ambiguous, type DayOrder } from "../import/convert.ts";
import { guessed, prepare, targets, type Mapping, type Prepared } from "../import/mapping.ts";
import { NotReadable, read, type Rows } from "../import/rows.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { saveFile } from "../parts/save-file.ts";
import { Trouble } from "../parts/trouble.tsx";
import { toPlace, type Place } from "../route.ts";
import { count } from "../words.ts";

/** The largest file that is read at once into a page. */
const LARGEST = 64 * 1024 * 1024;

export function Import({ place }: { place: Place }): JSX.Element {
  const opened = useLoad(() => collectionAt(place), [place.by, place.scope]);
  return (
    <Page title="Import a file" narrow back={[toPlace(place), opened.value?.title ?? "Back"]} lead="The file is read on this device. Each record is encrypted before it is sent.">
      <Load of={opened} what="the collection">{(collection) => <Steps collection={collection} place={place} />}</Load>
    </Page>
  );
}

function Steps({ collection, place }: { collection: Collection; place: Place }): JSX.Element {
  const [file, setFile] = useState<{ name: string; rows: Rows } | undefined>();
  const [checked, setChecked] = useState<readonly Prepared[] | undefined>();
  const step = file === undefined ? 0 : checked === undefined ? 1 : 2;
  return (
    <div class="stack">
      <ol class="steps" aria-label="Steps">
        {["Choose a file", "Match columns", "Check and import"].map((name, index) => <li key={name} aria-current={index === step ? "step" : undefined}>{name}</li>)}
      </ol>
      {file === undefined
        ? <Choose onRead={(name, rows) => setFile({ name, rows })} />
        : checked === undefined
          ? <Match collection={collection} {...file} onBack={() => setFile(undefined)} onChecked={setChecked} />
          : <Bring collection={collection} place={place} rows={file.rows} checked={checked} onBack={() => setChecked(undefined)} />}
    </div>
  );
}

function Choose({ onRead }: { onRead: (name: string, rows: Rows) => void }): JSX.Element {
  const [over, setOver] = useState(false);
  const [fault, setFault] = useState<string | undefined>();
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setFault(undefined);
    if (file.size > LARGEST) return setFault("This file is larger than 64 MB. Split it, and import its parts one after the other.");
    try {
      onRead(file.name, read(await file.text(), file.name));
    } catch (error) {
      setFault(error instanceof NotReadable ? error.message : "This file could not be read. Is it CSV, JSON or FHIR?");
    }
  };
  return (
    <div class="stack">
      <div class={`drop ${over ? "over" : ""}`} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
        onDrop={(event) => { event.preventDefault(); setOver(false); void take(event.dataTransfer?.files[0]); }}>
        <Icon name="upload" size={32} />
        <p>Drop a file here, or</p>
        <button type="button" class="button primary" onClick={() => input.current?.click()}>Choose a file</button>
        <input ref={input} type="file" class="hidden-but-read" tabIndex={-1} aria-label="File to import" accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl,text/csv,application/json"
          onChange={(event) => void take(event.currentTarget.files?.[0])} />
      </div>
      {fault !== undefined && <div class="notice bad" role="alert"><Icon name="warning" /><span>{fault}</span></div>}
      <ul class="stack tight muted small">
        <li><strong>CSV</strong>: a spreadsheet saved as CSV; the first line names the columns.</li>
        <li><strong>JSON</strong>: a list of records, or one record a line.</li>
        <li><strong>FHIR</strong>: a Bundle of Observations, as clinics and health apps give it out.</li>
      </ul>
    </div>
  );
}

function Match({ collection, name, rows, onBack, onChecked }: {
  collection: Collection; name: string; rows: Rows; onBack: () => void; onChecked: (prepared: readonly Prepared[]) => void;
}): JSX.Element {
  const types = typesOf(collection.definition);
  const [type, setType] = useState(types[0] ?? "");
  const fields = useMemo(() => targets(collection, type), [collection, type]);
  const [mapping, setMapping] = useState<Mapping>(() => guessed(fields, rows));
  const [order, setOrder] = useState<DayOrder>("day-first");
  const [done, setDone] = useState(0);
  const [only, setOnly] = useState("");
  const doing = useDoing();
  const ends = useRef(new AbortController());
  useEffect(() => () => ends.current.abort(), []);
  const kinds = useMemo(() => (rows.kind === "FHIR" ? [...new Set(rows.rows.map(({ values }) => String(values["What"] ?? "")))] : []), [rows]);
  const chosen = useMemo(() => (only === "" ? rows.rows : rows.rows.filter(({ values }) => values["What"] === only)), [rows, only]);
  const asks = fields.some((field) => (field.kind === "date-time" || field.kind === "date") && mapping[field.pointer] !== undefined
    && ambiguous(chosen.slice(0, 2000).map(({ values }) => values[mapping[field.pointer] ?? ""])));
  const missing = fields.filter(({ required, pointer }) => required && mapping[pointer] === undefined);
  const set = (pointer: string, column: string): void => {
    const { [pointer]: _, ...others } = mapping;
    setMapping(column === "" ? others : { ...others, [pointer]: column });
  };
  const check = (): Promise<void> => doing.run(async () => {
    ends.current = new AbortController();
    onChecked(await prepare({ collection, type, mapping, order }, chosen, ends.current.signal, setDone));
  });
  return (
    <form class="stack" onSubmit={(event) => { event.preventDefault(); void check(); }}>
      <p><strong>{name}</strong>: {count(rows.rows.length, "record")} ({rows.kind}){rows.skipped.length > 0 && `, ${count(rows.skipped.length, "line")} left out`}</p>
      {types.length > 1 && (
        <div class="field">
          <label for="import-type">Kind of record</label>
          <select id="import-type" value={type} onChange={(event) => { setType(event.currentTarget.value); setMapping(guessed(targets(collection, event.currentTarget.value), rows)); }}>
            {types.map((one) => <option key={one} value={one}>{readable(one)}</option>)}
          </select>
        </div>
      )}
      {kinds.length > 1 && (
        <div class="field">
          <label for="import-only">Which observations</label>
          <select id="import-only" value={only} onChange={(event) => setOnly(event.currentTarget.value)}>
            <option value="">All {count(rows.rows.length, "observation")}</option>
            {kinds.map((kind) => <option key={kind} value={kind}>{kind}</option>)}
          </select>
          <span class="hint">This file holds observations of several kinds. Choose those that belong into “{collection.title}”.</span>
        </div>
      )}
      <div class="card list">
        <div class="scroll">
          <table>
            <caption class="hidden-but-read">For each field, the column of the file that fills it</caption>
            <thead><tr><th scope="col">Field</th><th scope="col">Column of the file</th><th scope="col">Such as</th></tr></thead>
            <tbody>
              {fields.map((field) => (
                <tr key={field.pointer}>
                  <th scope="row">{nested(field)}{field.required && <span class="muted"> (needed)</span>}</th>
                  <td>
                    <select aria-label={`Column for ${nested(field)}`} value={mapping[field.pointer] ?? ""} aria-invalid={(field.required && mapping[field.pointer] === undefined) || undefined}
                      onChange={(event) => set(field.pointer, event.currentTarget.value)}>
                      <option value="">{field.required ? "Choose…" : "Leave empty"}</option>
                      {rows.columns.map((column) => <option key={column} value={column}>{column}</option>)}
                    </select>
                  </td>
                  <td class="muted small sample">{sample(chosen, mapping[field.pointer])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
      {asks && (
        <fieldset>
          <legend>How are dates like 03/04/2024 meant in this file?</legend>
          <div class="pills">
            {([["day-first", "3 April (day first)"], ["month-first", "March 4 (month first)"]] as const).map(([value, text]) => (
              <label key={value} class="pill"><input type="radio" name="order" checked={order === value} onChange={() => setOrder(value)} />{text}</label>
            ))}
          </div>
        </fieldset>
      )}
      {missing.length > 0 && <p class="fault" role="status">Still needed: {missing.map(({ title }) => title).join(", ")}.</p>}
      {doing.busy && <div role="status"><progress aria-label="Checking records" value={done} max={chosen.length} /><span class="small muted">Checking: {done} of {chosen.length}</span></div>}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      <div class="row end">
        <button type="button" class="button" onClick={doing.busy ? () => ends.current.abort() : onBack}>{doing.busy ? "Stop" : "Another file"}</button>
        <button type="submit" class="button primary" disabled={doing.busy || missing.length > 0 || Object.keys(mapping).length === 0}>Check {count(chosen.length, "record")}</button>
      </div>
    </form>
  );
}

/** A field's title with those above it. */
function nested({ pointer, title }: Field): string {
  const above = pointer.split("/").slice(1, -1).map(readable);
  return [...above, title].join(" › ");
}

function sample(rows: Rows["rows"], column: string | undefined): string {
  if (column === undefined) return "";
  const values = rows.slice(0, 50).map(({ values }) => values[column]).filter((value) => value !== undefined && value !== "");
  return values.slice(0, 2).map((value) => shown(value).slice(0, 28)).join(", ");
}

type Outcome = { readonly created: number; readonly error?: unknown };

function Bring({ collection, place, rows, checked, onBack }: {
  collection: Collection; place: Place; rows: Rows; checked: readonly Prepared[]; onBack: () => void;
}): JSX.Element {
  const good = useMemo(() => checked.filter(({ faults }) => faults.length === 0), [checked]);
  const bad = useMemo(() => [
    ...checked.filter(({ faults }) => faults.length > 0).map(({ line, faults }) => ({ line, why: faults.join("; ") })),
    ...rows.skipped,
  ].sort((a, b) => a.line - b.line), [checked, rows]);
  const [from, setFrom] = useState(0);
  const [done, setDone] = useState(0);
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [busy, setBusy] = useState(false);
  const ends = useRef(new AbortController());
  useEffect(() => () => ends.current.abort(), []);
  const place_ = rows.kind === "CSV" ? "line" : "entry";

  const bring = async (): Promise<void> => {
    setBusy(true);
    setOutcome(undefined);
    ends.current = new AbortController();
    try {
      await collection.createMany(good.slice(from).map(({ data }) => data), { signal: ends.current.signal, onProgress: (count) => setDone(from + count) });
      setDone(good.length);
      setFrom(good.length);
      setOutcome({ created: good.length });
    } catch (error) {
      // What was created stays: going on begins behind it, and brings nothing twice.
      const reached = from + (error instanceof PryvError ? error.details.created?.length ?? 0 : 0);
      setFrom(reached);
      setDone(reached);
      setOutcome({ created: reached, error });
    }
    setBusy(false);
    changed();
  };
  const finished = outcome !== undefined && outcome.error === undefined;
  return (
    <div class="stack">
      {finished
        ? <div class="notice" role="status"><Icon name="check" /><div><strong>{count(good.length, "record")} imported.</strong>{bad.length > 0 && ` ${count(bad.length, place_ === "line" ? "line" : "entry", place_ === "line" ? "lines" : "entries")} stayed out.`}</div></div>
        : <p role="status"><strong>{count(good.length, "record is", "records are")} ready.</strong>{bad.length > 0 && ` ${count(bad.length, "is", "are")} not, for the reasons below; they stay out.`}</p>}
      {!finished && good[0] !== undefined && <Preview collection={collection} prepared={good.slice(0, 3)} />}
      {bad.length > 0 && (
        <section class="card list">
          <div class="row between" style={{ padding: "0.8rem 1rem" }}>
            <h2>What stays out</h2>
            <button type="button" class="button small" onClick={() => saveFile("not-imported.csv", ["where,why", ...bad.map(({ line, why }) => `${place_} ${line},"${why.replaceAll('"', '""')}"`)].join("\r\n"), "text/csv")}>
              <Icon name="download" size={16} />Save this list
            </button>
          </div>
          <div class="scroll" style={{ maxHeight: "20rem", overflowY: "auto" }} tabIndex={0} role="region" aria-label="What stays out">
            <table>
              <thead><tr><th scope="col">Where</th><th scope="col">Why</th></tr></thead>
              <tbody>{bad.slice(0, 500).map(({ line, why }, index) => <tr key={index}><th scope="row">{readable(place_)} {line}</th><td>{why}</td></tr>)}</tbody>
            </table>
          </div>
          {bad.length > 500 && <p class="small muted" style={{ padding: "0.8rem 1rem" }}>The first 500 are shown; the list that you save has them all.</p>}
        </section>
      )}
      {(busy || done > 0) && !finished && (
        <div role="status"><progress aria-label="Importing" value={done} max={good.length} /><span class="small muted">Encrypted and sent: {done} of {good.length}</span></div>
      )}
      {outcome?.error !== undefined && (
        <>
          <Trouble error={outcome.error} focus />
          <p>{count(outcome.created, "record was", "records were")} imported before it stopped. They stay, and “Go on” begins behind them.</p>
        </>
      )}
      <div class="row end">
        {finished
          ? <a class="button primary" href={toPlace(place)}>Look at them</a>
          : <>
            <button type="button" class="button" onClick={busy ? () => ends.current.abort() : onBack}>{busy ? "Stop" : "Back to the columns"}</button>
            <button type="button" class="button primary" disabled={busy || good.length === 0} onClick={bring}>
              {busy && <span class="waiting" aria-hidden="true" />}{outcome === undefined ? `Import ${count(good.length, "record")}` : "Go on"}
            </button>
          </>}
      </div>
    </div>
  );
}

function Preview({ collection, prepared }: { collection: Collection; prepared: readonly Prepared[] }): JSX.Element {
  const fields = typesOf(collection.definition).flatMap((type) => targets(collection, type)).filter(({ pointer }) => prepared.some(({ data }) => at(data, pointer) !== undefined));
  return (
    <section class="card list">
      <h2 style={{ padding: "0.8rem 1rem" }}>The first ones, as they will be</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="The first records">
        <table>
          <thead><tr>{fields.map((field) => <th key={field.pointer} scope="col">{field.title}</th>)}</tr></thead>
          <tbody>{prepared.map(({ line, data }) => <tr key={line}>{fields.map((field) => <td key={field.pointer}>{shown(at(data, field.pointer), field)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}
