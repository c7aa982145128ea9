/** One field of a form. */

import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { blank, escaped, type Field } from "./fields.ts";

/** What every field is given. */
export interface InputProps {
  readonly field: Field;
  /** Where it stands in the instance, its arrays' places included. */
  readonly pointer: string;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  /** What is wrong, by pointer. */
  readonly faults: ReadonlyMap<string, string>;
}

export function Input(props: InputProps): JSX.Element | null {
  const { field } = props;
  if (field.kind === "fixed") return null;
  if (field.kind === "object") return <Group {...props} />;
  if (field.kind === "array") return <Several {...props} />;
  if (field.kind === "boolean") return <YesNo {...props} />;
  return <Labelled {...props}>{(described) => <Control {...props} described={described} />}</Labelled>;
}

interface Described {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean | undefined;
  readonly "aria-required": boolean | undefined;
}

function Labelled({ field, pointer, faults, children }: InputProps & { children: (described: Described) => ComponentChildren }): JSX.Element {
  const id = useId();
  const fault = faults.get(pointer);
  const notes = [field.hint !== undefined && `${id}-hint`, fault !== undefined && `${id}-fault`].filter((one) => one !== false);
  return (
    <div class="field" data-pointer={pointer}>
      <label for={id}>{field.title}{!field.required && <span class="muted"> (optional)</span>}</label>
      {field.hint !== undefined && <span class="hint" id={`${id}-hint`}>{field.hint}</span>}
      {children({
        id,
        "aria-describedby": notes.length === 0 ? undefined : notes.join(" "),
        "aria-invalid": fault !== undefined || undefined,
        "aria-required": field.required || undefined,
      })}
      {fault !== undefined && <span class="fault" id={`${id}-fault`}>{fault}</span>}
    </div>
  );
}

function Control({ field, value, onChange, described }: InputProps & { described: Described }): JSX.Element {
  const text = typeof value === "string" ? value : "";
  const type = (event: JSX.TargetedEvent<HTMLInputElement | HTMLTextAreaElement>): void =>
    onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value);
  switch (field.kind) {
    case "number":
    case "integer": {
      const input = (
        <input {...described} type="number" inputMode={field.kind === "integer" ? "numeric" : "decimal"} min={field.min} max={field.max}
          step={field.step ?? (field.kind === "integer" ? 1 : "any")} value={typeof value === "number" ? value : ""}
          onInput={(event) => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.valueAsNumber)} />
      );
      return field.unit === undefined ? input : <div class="with-unit">{input}<span class="unit">{field.unit}</span></div>;
    }
    case "choice":
      return (
        <select {...described} value={String(field.choices?.findIndex((one) => one.value === value) ?? -1)}
          onChange={(event) => onChange(field.choices?.[Number(event.currentTarget.value)]?.value)}>
          <option value="-1">{field.required ? "Choose…" : "Not said"}</option>
          {field.choices?.map((one, index) => <option key={index} value={String(index)}>{one.title}</option>)}
        </select>
      );
    case "text":
      return <textarea {...described} value={text} onInput={type} />;
    case "date-time":
      return <input {...described} type="datetime-local" step={1} value={local(text)}
        onInput={(event) => onChange(fromLocal(event.currentTarget.value))} />;
    case "date":
      return <input {...described} type="date" value={text} onInput={type} />;
    case "time":
      return <input {...described} type="time" step={1} value={text.slice(0, 8)} onInput={type} />;
    case "json":
      return <Raw value={value} onChange={onChange} described={described} />;
    default:
      return <input {...described} type="text" autocomplete="off" value={text} onInput={type} />;
  }
}

/** A moment as the browser's input wants it: local, without a zone. */
function local(moment: string): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function fromLocal(text: string): string | undefined {
  const date = new Date(text);
  return text === "" || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function Raw({ value, onChange, described }: { value: unknown; onChange: (value: unknown) => void; described: Described }): JSX.Element {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const read = (input: string): void => {
    setText(input);
    if (input.trim() === "") return onChange(undefined);
    try {
      onChange(JSON.parse(input));
    } catch {
      // Half-typed JSON is taken as the text that it is: a person who writes “good” means that.
      onChange(input);
    }
  };
  return <textarea {...described} class="mono" spellcheck={false} value={text} onInput={(event) => read(event.currentTarget.value)} />;
}

function YesNo({ field, pointer, value, onChange, faults }: InputProps): JSX.Element {
  const fault = faults.get(pointer);
  const id = useId();
  return (
    <div class="field" data-pointer={pointer}>
      <label class="check">
        <input type="checkbox" checked={value === true} aria-describedby={fault === undefined ? undefined : id}
          onChange={(event) => onChange(event.currentTarget.checked)} />
        <span>{field.title}{field.hint !== undefined && <span class="hint"> {field.hint}</span>}</span>
      </label>
      {fault !== undefined && <span class="fault" id={id}>{fault}</span>}
    </div>
  );
}

function Group({ field, pointer, value, onChange, faults }: InputProps): JSX.Element {
  const data = (typeof value === "object" && value !== null ? value : {}) as { readonly [key: string]: unknown };
  const set = (key: string, next: unknown): void => {
    const { [key]: _, ...others } = data;
    const all = next === undefined ? others : { ...data, [key]: next };
    onChange(Object.keys(all).length === 0 && !field.required ? undefined : all);
  };
  const inputs = field.fields?.map((one) => (
    <Input key={one.key} field={one} pointer={`${pointer}/${escaped(one.key)}`} value={data[one.key]} faults={faults}
      onChange={(next) => set(one.key, next)} />
  ));
  if (pointer === "") return <div class="stack">{inputs}</div>;
  return (
    <fieldset class="group">
      <legend>{field.title}{!field.required && <span class="muted"> (optional)</span>}</legend>
      {field.hint !== undefined && <p class="hint">{field.hint}</p>}
      <div class="stack">{inputs}</div>
      {faults.has(pointer) && <p class="fault">{faults.get(pointer)}</p>}
    </fieldset>
  );
}

function Several({ field, pointer, value, onChange, faults }: InputProps): JSX.Element {
  const all: readonly unknown[] = Array.isArray(value) ? value : [];
  const { item } = field;
  if (item === undefined) return <></>;
  const put = (next: readonly unknown[]): void => onChange(next.length === 0 && !field.required ? undefined : next);
  const name = field.title.toLowerCase();
  return (
    <fieldset class="group" data-pointer={pointer}>
      <legend>{field.title}{!field.required && <span class="muted"> (optional)</span>}</legend>
      {field.hint !== undefined && <p class="hint">{field.hint}</p>}
      <ol class="stack">
        {all.map((one, at) => (
          <li key={at} class="row" style={{ alignItems: "flex-end", flexWrap: "nowrap" }}>
            <div class="grow">
              <Input field={{ ...item, title: item.title === "" ? `${field.title} ${at + 1}` : item.title, required: true }}
                pointer={`${pointer}/${at}`} value={one} faults={faults}
                onChange={(next) => put(all.map((before, index) => (index === at ? next : before)))} />
            </div>
            <button type="button" class="button quiet danger icon" aria-label={`Remove number ${at + 1} of ${name}`}
              onClick={() => put(all.filter((_, index) => index !== at))}><Icon name="trash" /></button>
          </li>
        ))}
      </ol>
      {faults.has(pointer) && <p class="fault">{faults.get(pointer)}</p>}
      <button type="button" class="button small" style={{ marginTop: all.length === 0 ? 0 : "0.75rem" }}
        onClick={() => put([...all, blank({ ...item, required: true }, new Date()) ?? null])}>
        <Icon name="plus" size={16} />Add to {name}
      </button>
    </fieldset>
  );
}
