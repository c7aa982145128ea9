/** What is looked for among records: a value of a field, a label, days, words. Says what the server learns from it. */

import type { Collection, Explanation, TermId } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { allLeaves, foundByValue, type Field } from "../form/fields.ts";
import { shown } from "../form/shown.ts";
import type { Vocabulary } from "../holdings.ts";
import { converted } from "../import/convert.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { TermPicker, termName } from "./term-picker.tsx";

type Scalar = string | number | boolean | null;

/** What is looked for. Days and words are looked for on this device, among what was fetched. */
export interface Sought {
  readonly equals: readonly { readonly field: string; readonly value: Scalar }[];
  readonly term: TermId | undefined;
  readonly from: string;
  readonly until: string;
  readonly words: string;
}

/** Everything. */
export const nothing: Sought = { equals: [], term: undefined, from: "", until: "", words: "" };

export function Search({ collection, vocabularies, sought, onSeek, explanation }: {
  collection: Collection;
  vocabularies: readonly Vocabulary[];
  sought: Sought;
  onSeek: (sought: Sought) => void;
  explanation: Explanation | undefined;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const fields = allLeaves(collection.definition).filter(({ kind }) => !["fixed", "json", "date-time", "date", "time"].includes(kind));
  const put = (more: Partial<Sought>): void => {
    const next = { ...sought, ...more };
    const empty = next.equals.length === 0 && next.term === undefined && next.from === "" && next.until === "" && next.words === "";
    onSeek(empty ? nothing : next);
  };
  return (
    <section aria-label="Search" class="stack tight">
      <div class="row">
        <div class="row grow" style={{ flexWrap: "nowrap", minWidth: "14rem", maxWidth: "26rem" }}>
          <input type="search" aria-label="Words to look for" placeholder="Search these records" value={sought.words} onInput={(event) => put({ words: event.currentTarget.value })} />
        </div>
        <button type="button" class="button" onClick={() => setOpen(true)}><Icon name="search" size={18} />Filter</button>
        {sought.equals.map(({ field, value }, at) => {
          const named = fields.find(({ pointer }) => pointer === field);
          return <Chip key={field} text={`${named?.title ?? field}: ${shown(value, named)}`} drop={() => put({ equals: sought.equals.filter((_, index) => index !== at) })} />;
        })}
        {sought.term !== undefined && <Chip text={`Label: ${termName(vocabularies, sought.term)}`} drop={() => put({ term: undefined })} />}
        {sought.from !== "" && <Chip text={`From ${sought.from}`} drop={() => put({ from: "" })} />}
        {sought.until !== "" && <Chip text={`Until ${sought.until}`} drop={() => put({ until: "" })} />}
      </div>
      {explanation !== undefined && (sought.equals.length > 0 || sought.term !== undefined) && (
        <details class="small muted">
          <summary>What the server learns from this search</summary>
          <p>{explanation.text}</p>
        </details>
      )}
      {open && <Filter fields={fields} indexed={foundByValue(collection.definition)} vocabularies={vocabularies} sought={sought}
        onClose={() => setOpen(false)} onSeek={(next) => { setOpen(false); put(next); }} />}
    </section>
  );
}

function Chip({ text, drop }: { text: string; drop: () => void }): JSX.Element {
  return <button type="button" class="pill" aria-pressed="true" aria-label={`${text}. Take this filter away`} onClick={drop}>{text}<Icon name="close" size={14} /></button>;
}

function Filter({ fields, indexed, vocabularies, sought, onSeek, onClose }: {
  fields: readonly Field[];
  indexed: ReadonlySet<string>;
  vocabularies: readonly Vocabulary[];
  sought: Sought;
  onSeek: (sought: Sought) => void;
  onClose: () => void;
}): JSX.Element {
  const [draft, setDraft] = useState(sought);
  const [pointer, setPointer] = useState("");
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string | undefined>();
  const field = fields.find((one) => one.pointer === pointer);
  const sorted = [...fields].sort((a, b) => Number(indexed.has(b.pointer)) - Number(indexed.has(a.pointer)));
  const submit = (event: Event): void => {
    event.preventDefault();
    if (field === undefined || text === "") return onSeek(draft);
    const { value, fault } = converted(text, field, "day-first");
    if (fault !== undefined) return setFault(fault);
    const equals = [...draft.equals.filter((one) => one.field !== field.pointer), { field: field.pointer, value: value as Scalar }];
    onSeek({ ...draft, equals });
  };
  return (
    <Dialog title="Filter records" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <div class="row" style={{ alignItems: "flex-start" }}>
          <div class="field grow">
            <label for="filter-field">Field</label>
            <select id="filter-field" value={pointer} onChange={(event) => { setPointer(event.currentTarget.value); setText(""); setFault(undefined); }}>
              <option value="">Any</option>
              {sorted.map((one) => <option key={one.pointer} value={one.pointer}>{one.title}{indexed.has(one.pointer) ? "" : " (slower: looked for on this device)"}</option>)}
            </select>
          </div>
          {field !== undefined && (
            <div class="field grow">
              <label for="filter-value">is</label>
              {field.kind === "choice" || field.kind === "boolean"
                ? (
                  <select id="filter-value" value={text} onChange={(event) => setText(event.currentTarget.value)}>
                    <option value="">Choose…</option>
                    {(field.choices ?? [{ value: true, title: "Yes" }, { value: false, title: "No" }]).map((one) => <option key={String(one.value)} value={String(one.value)}>{one.title}</option>)}
                  </select>
                )
                : <input id="filter-value" value={text} aria-invalid={fault !== undefined || undefined} onInput={(event) => { setText(event.currentTarget.value); setFault(undefined); }} />}
              {fault !== undefined && <span class="fault" role="alert">{fault}</span>}
            </div>
          )}
        </div>
        {vocabularies.length > 0 && <TermPicker label="Label, with everything under it" vocabularies={vocabularies} value={draft.term} onChange={(term) => setDraft({ ...draft, term })} />}
        <div class="row">
          <div class="field grow"><label for="filter-from">From</label><input id="filter-from" type="date" value={draft.from} onInput={(event) => setDraft({ ...draft, from: event.currentTarget.value })} /></div>
          <div class="field grow"><label for="filter-until">Until</label><input id="filter-until" type="date" value={draft.until} onInput={(event) => setDraft({ ...draft, until: event.currentTarget.value })} /></div>
        </div>
        <div class="row end">
          <button type="button" class="button" onClick={() => onSeek(nothing)}>Show everything</button>
          <button type="submit" class="button primary">Show matching records</button>
        </div>
      </form>
    </Dialog>
  );
}
