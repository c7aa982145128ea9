/** A new collection: one of the common ones, or fields of one's own. */

import type { Definition, Index } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changed } from "../holdings.ts";
import { useDoing } from "../load.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { go, to, toPlace } from "../route.ts";
import { me } from "../session.ts";

type Kind = "number" | "string" | "boolean" | "date-time" | "choice";
interface Draft {
  readonly name: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly choices: string;
  readonly required: boolean;
  readonly search: boolean;
}

const KINDS: { readonly [kind in Kind]: string } = { number: "Number", string: "Text", choice: "One of a list", boolean: "Yes or no", "date-time": "Day and time" };
const field = (name: string, kind: Kind, more: Partial<Draft> = {}): Draft => ({ name, kind, unit: "", choices: "", required: false, search: false, ...more });
const number = (name: string, unit: string): Draft => field(name, "number", { unit, required: true });

const TEMPLATES: readonly { readonly title: string; readonly hint: string; readonly fields: readonly Draft[] }[] = [
  { title: "Blood pressure", hint: "Upper and lower value, pulse", fields: [number("Systolic", "mmHg"), number("Diastolic", "mmHg"), field("Pulse", "number", { unit: "bpm" }), field("Note", "string")] },
  { title: "Heart rate", hint: "Beats per minute", fields: [number("Heart rate", "bpm"), field("Activity", "choice", { choices: "Resting, Walking, Exercise", search: true })] },
  { title: "Weight", hint: "In kilograms", fields: [number("Weight", "kg")] },
  { title: "Blood sugar", hint: "With when it was taken", fields: [number("Glucose", "mmol/L"), field("Taken", "choice", { choices: "Fasting, Before meal, After meal, Bedtime", search: true })] },
  { title: "Symptoms", hint: "What, how strong, and a note", fields: [field("Symptom", "string", { required: true, search: true }), number("Strength", "of 10"), field("Note", "string")] },
  { title: "Medication", hint: "What you took, and how much", fields: [field("Medicine", "string", { required: true, search: true }), field("Dose", "number", { unit: "mg" }), field("Taken", "boolean", { required: true })] },
];

export function NewCollection(): JSX.Element {
  const [title, setTitle] = useState("");
  const [fields, setFields] = useState<readonly Draft[]>([field("", "number", { required: true })]);
  const [history, setHistory] = useState(true);
  const doing = useDoing();
  const change = (at: number, more: Partial<Draft>): void => setFields(fields.map((one, index) => (index === at ? { ...one, ...more } : one)));
  const ready = title.trim() !== "" && fields.length > 0 && fields.every(({ name, kind, choices }) => name.trim() !== "" && (kind !== "choice" || choices.trim() !== ""));
  const make = async (): Promise<void> => {
    // Records may carry the person's labels, which must be there first.
    const { definition: { uri } } = await me().streams();
    const collection = await me().define(definition(title.trim(), fields, history, uri));
    changed();
    say(`“${title.trim()}” is there. Add the first record, or bring some from a file.`);
    go(toPlace({ scope: collection.scope }), { replace: true });
  };
  return (
    <Page title="New collection" narrow back={[to(), "My data"]} lead="Choose what comes close, and change what you like. Each record has a day and time of its own.">
      <div class="pills" role="group" aria-label="Begin with">
        {TEMPLATES.map((one) => (
          <button key={one.title} type="button" class="pill" aria-pressed={title === one.title} title={one.hint}
            onClick={() => { setTitle(one.title); setFields(one.fields); }}>{one.title}</button>
        ))}
      </div>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void doing.run(make); }}>
        <div class="field">
          <label for="title">Name</label>
          <input id="title" required maxLength={120} placeholder="Blood pressure" value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </div>
        <h2>What each record says</h2>
        <ol class="stack">
          <li class="card flat row muted"><Icon name="clock" />Day and time: every record has one</li>
          {fields.map((one, at) => <DraftField key={at} at={at} draft={one} change={(more) => change(at, more)}
            remove={fields.length > 1 ? () => setFields(fields.filter((_, index) => index !== at)) : undefined} />)}
        </ol>
        <div><button type="button" class="button" onClick={() => setFields([...fields, field("", "number")])}><Icon name="plus" />Another field</button></div>
        <label class="check">
          <input type="checkbox" checked={history} onChange={(event) => setHistory(event.currentTarget.checked)} />
          <span>Keep earlier versions of records <span class="hint">so that you see what was changed, by whom. This cannot be changed later.</span></span>
        </label>
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
        <div class="row end">
          <a class="button" href={to()}>Cancel</a>
          <button type="submit" class="button primary" disabled={!ready || doing.busy}>{doing.busy && <span class="waiting" aria-hidden="true" />}Make the collection</button>
        </div>
      </form>
    </Page>
  );
}

function DraftField({ at, draft, change, remove }: {
  at: number; draft: Draft; change: (more: Partial<Draft>) => void; remove: (() => void) | undefined;
}): JSX.Element {
  const id = `field-${at}`;
  return (
    <li class="card flat stack">
      <div class="row" style={{ alignItems: "flex-end" }}>
        <div class="field grow" style={{ flexBasis: "11rem" }}>
          <label for={`${id}-name`}>Field {at + 1}</label>
          <input id={`${id}-name`} required placeholder="Systolic" value={draft.name} onInput={(event) => change({ name: event.currentTarget.value })} />
        </div>
        <div class="field" style={{ flexBasis: "9rem" }}>
          <label for={`${id}-kind`}>is a</label>
          <select id={`${id}-kind`} value={draft.kind} onChange={(event) => change({ kind: event.currentTarget.value as Kind, search: false })}>
            {Object.entries(KINDS).map(([kind, name]) => <option key={kind} value={kind}>{name}</option>)}
          </select>
        </div>
        {draft.kind === "number" && (
          <div class="field" style={{ flexBasis: "6rem" }}>
            <label for={`${id}-unit`}>in</label>
            <input id={`${id}-unit`} placeholder="mmHg" value={draft.unit} onInput={(event) => change({ unit: event.currentTarget.value })} />
          </div>
        )}
        {remove !== undefined && <button type="button" class="button quiet danger icon" aria-label={`Remove field ${at + 1}`} onClick={remove}><Icon name="trash" /></button>}
      </div>
      {draft.kind === "choice" && (
        <div class="field">
          <label for={`${id}-choices`}>The list, with commas between</label>
          <input id={`${id}-choices`} required placeholder="Resting, Walking, Exercise" value={draft.choices} onInput={(event) => change({ choices: event.currentTarget.value })} />
        </div>
      )}
      <div class="row" style={{ columnGap: "1.5rem" }}>
        <label class="check"><input type="checkbox" checked={draft.required} onChange={(event) => change({ required: event.currentTarget.checked })} /><span>Always filled in</span></label>
        {(draft.kind === "string" || draft.kind === "choice") && (
          <label class="check">
            <input type="checkbox" checked={draft.search} onChange={(event) => change({ search: event.currentTarget.checked })} />
            <span>Quick to search <span class="hint">The server then sees how often a value occurs, but not which value it is.</span></span>
          </label>
        )}
      </div>
    </li>
  );
}

function definition(title: string, fields: readonly Draft[], history: boolean, labels: string): Definition {
  const names = keys(fields.map(({ name }) => name));
  const properties: { [key: string]: object } = { at: { type: "string", format: "date-time", title: "Time", "x-order": 0 } };
  const indexes: Index[] = [];
  fields.forEach((draft, at) => {
    const key = names[at] ?? "";
    properties[key] = { title: draft.name.trim(), ...schema(draft), "x-order": at + 1 };
    if (draft.search) indexes.push({ field: `/${key}`, kind: "equality", accept_leakage: true });
  });
  const required = ["at", ...names.filter((_, at) => fields[at]?.required === true)];
  return {
    uri: `urn:uuid:${crypto.randomUUID()}`, title, indexes,
    types: { record: { type: "object", required, properties, additionalProperties: false } },
    ontologies: [labels],
    history: history ? "versions" : "none",
  };
}

function schema({ kind, unit, choices }: Draft): object {
  switch (kind) {
    case "date-time": return { type: "string", format: "date-time" };
    case "choice": return { enum: [...new Set(choices.split(",").map((one) => one.trim()).filter((one) => one !== ""))] };
    case "number": return { type: "number", ...(unit.trim() !== "" && { unit: unit.trim() }) };
    default: return { type: kind };
  }
}

/** Names as keys of JSON, each once. */
function keys(names: readonly string[]): string[] {
  const seen = new Set(["at"]);
  return names.map((name, at) => {
    const base = name.trim().toLowerCase().normalize("NFKD").replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || `field-${at + 1}`;
    let key = base;
    for (let more = 2; seen.has(key); more += 1) key = `${base}-${more}`;
    seen.add(key);
    return key;
  });
}
