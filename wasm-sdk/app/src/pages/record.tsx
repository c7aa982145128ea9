/** One record: what it says, its labels, what it said before, and what the server has of it. */

import type { Collection, Record, TermId } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Facts } from "../form/facts.tsx";
import { fieldOf, typeOf } from "../form/fields.ts";
import { RecordForm } from "../form/form.tsx";
import { changed, collectionAt, vocabulariesOf, type Vocabulary } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { ServerView } from "../parts/server-view.tsx";
import { TermPicker, termName } from "../parts/term-picker.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Who } from "../parts/who.tsx";
import { timeField, timeOf } from "../plot/series.ts";
import { go, toPlace, type Place } from "../route.ts";
import { count, when } from "../words.ts";
import { may } from "./collection.tsx";

export function RecordPage({ place, id }: { place: Place; id: string }): JSX.Element {
  const found = useLoad(async (signal) => {
    const collection = await collectionAt(place);
    const [record, vocabularies] = await Promise.all([collection.get(id, { signal }), vocabulariesOf(place, collection).catch(() => [])]);
    return { collection, record, vocabularies };
  }, [place.by, place.scope, id]);
  const { value } = found;
  const back = [toPlace(place), value?.collection.title ?? "Back"] as const;
  if (value === undefined) return <Page title="Record" back={back}><Load of={found} what="the record">{() => null}</Load></Page>;
  return <Shown key={value.record.digest} place={place} {...value} reload={found.reload} />;
}

function Shown({ place, collection, record, vocabularies, reload }: {
  place: Place; collection: Collection; record: Record<unknown>; vocabularies: readonly Vocabulary[]; reload: () => void;
}): JSX.Element {
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const { definition } = collection;
  const type = typeOf(definition, record.data);
  const field = type === undefined ? undefined : fieldOf(definition, type);
  const title = when(new Date(timeOf(record, timeField(definition))));
  const can = may(collection);
  const back = toPlace(place);
  return (
    <Page title={title} back={[back, collection.title]}
      lead={<>Written by <Who id={record.author} /> on {when(record.writtenAt)}{record.version > 1 && `, version ${record.version}`}. The signature was checked.</>}
      actions={can.change && !editing && <>
        <button type="button" class="button" onClick={() => setEditing(true)}><Icon name="edit" />Change</button>
        <button type="button" class="button danger" onClick={() => setDeleting(true)}><Icon name="trash" />Delete</button>
      </>}>
      {record.faults.length > 0 && (
        <div class="notice warn"><Icon name="warning" /><span>This record does not match what the collection asks for now: {record.faults.map(({ pointer, expected }) => `${pointer || "the record"}: ${expected}`).join("; ")}. Its writer used an older form, or an app with a fault.</span></div>
      )}
      <div class="with-panel open">
        <div class="stack">
          <section class="card stack" aria-label="What it says">
            {editing
              ? <RecordForm collection={collection} data={record.data} verb="Save the change" onCancel={() => setEditing(false)}
                onSave={async (data) => { await collection.update(record, data); changed(); say("Changed."); reload(); }} />
              : <Facts value={record.data} field={field} />}
          </section>
          <Labels collection={collection} record={record} vocabularies={vocabularies} can={can.change} onChange={reload} />
          {definition.history !== undefined && definition.history !== "none" && <History collection={collection} record={record} />}
        </div>
        <ServerView collection={collection} record={record} />
      </div>
      {deleting && (
        <Confirm title="Delete this record?" verb="Delete it" onClose={() => setDeleting(false)}
          onConfirm={async () => { await collection.delete(record); changed(); say("Deleted."); go(back, { replace: true }); }}>
          <p>It is gone for you and for everybody you share this collection with. What remains is that a record was deleted, by whom and when. This cannot be undone.</p>
          {definition.history === "everything" && <p>This collection keeps earlier versions also of deleted records.</p>}
        </Confirm>
      )}
    </Page>
  );
}

function Labels({ collection, record, vocabularies, can, onChange }: {
  collection: Collection; record: Record<unknown>; vocabularies: readonly Vocabulary[]; can: boolean; onChange: () => void;
}): JSX.Element | null {
  const [adding, setAdding] = useState(false);
  const doing = useDoing();
  const filed = record.terms;
  const some = vocabularies.some(({ terms }) => terms.size > 0);
  if (!some && filed.length === 0) return null;
  const put = (terms: readonly TermId[], words: string): void => void doing.run(async () => {
    await collection.file(record, terms);
    changed();
    say(words);
    onChange();
  });
  return (
    <section class="card stack" aria-label="Labels">
      <h2>Labels</h2>
      {filed.length === 0 && <p class="muted">None. A label puts this record with others of its kind, and can be shared as a whole.</p>}
      <ul class="row">
        {filed.map((term) => (
          <li key={term.term} class="tag good">
            <Icon name="tag" size={14} />{termName(vocabularies, term)}{term.pending && " (being shared)"}
            {can && <button type="button" class="button quiet icon small" style={{ minHeight: "1.6rem", width: "1.6rem" }} disabled={doing.busy} aria-label={`Take the label ${termName(vocabularies, term)} away`}
              onClick={() => put(filed.filter((one) => one.term !== term.term), "Label taken away.")}><Icon name="close" size={14} /></button>}
          </li>
        ))}
      </ul>
      {can && some && (adding
        ? <TermPicker label="Add a label" none="Choose…" vocabularies={vocabularies} value={undefined}
          onChange={(term) => { if (term !== undefined) put([...filed.filter((one) => one.term !== term.term), term], "Label added."); }} />
        : <div><button type="button" class="button small" onClick={() => setAdding(true)}><Icon name="plus" size={16} />Add a label</button></div>)}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
    </section>
  );
}

function History({ collection, record }: { collection: Collection; record: Record<unknown> }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="card" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><span class="row" style={{ display: "inline-flex" }}><Icon name="history" />Earlier versions</span></summary>
      {open && <Versions collection={collection} record={record} />}
    </details>
  );
}

function Versions({ collection, record }: { collection: Collection; record: Record<unknown> }): JSX.Element {
  const found = useLoad((signal) => collection.history(record.id, { signal }), [record.digest]);
  return (
    <Load of={found} what="its history">
      {({ versions, complete }) => (
        <div class="stack" style={{ marginTop: "1rem" }}>
          {versions.length <= 1 && <p class="muted">It was never changed.</p>}
          <ol class="stack">
            {versions.map((one) => one.deleted
              ? <li key={one.version} class="group">Version {one.version}: deleted by <Who id={one.by} /> on {when(one.at)}</li>
              : (
                <li key={one.record.version} class="group stack tight">
                  <h3>Version {one.record.version}{one.record.version === record.version && " (now)"}</h3>
                  <p class="muted small">by <Who id={one.record.author} /> on {when(one.record.writtenAt)}</p>
                  <Facts value={one.record.data} field={fieldFor(collection, one.record.data)} />
                </li>
              ))}
          </ol>
          {!complete && <p class="muted small">Older versions than these {count(versions.length, "version")} are not kept, or not shared with you.</p>}
        </div>
      )}
    </Load>
  );
}

function fieldFor({ definition }: Collection, data: unknown) {
  const type = typeOf(definition, data);
  return type === undefined ? undefined : fieldOf(definition, type);
}
