/** A form for a record, made of its collection's schema. What is wrong stands beside the field, and nothing is sent before. */

import { PryvError, type Collection, type Fault } from "@pryv/sdk";
import type { ComponentChildren, JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { count } from "../words.ts";
import { blank, explain, fieldOf, typeOf, typesOf, readable, withAt } from "./fields.ts";
import { Input } from "./input.tsx";

export function RecordForm({ collection, data, verb, onSave, onCancel, children }: {
  collection: Collection;
  /** What is there already; absent: a new one. */
  data?: unknown;
  verb: string;
  onSave: (data: unknown) => Promise<void>;
  onCancel: () => void;
  children?: ComponentChildren;
}): JSX.Element {
  const { definition } = collection;
  const types = typesOf(definition);
  const [type, setType] = useState(() => (data === undefined ? types[0] : typeOf(definition, data) ?? types[0]) ?? "");
  const field = useMemo(() => fieldOf(definition, type), [collection, type]);
  const [value, setValue] = useState<unknown>(() => data ?? start(type));
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const doing = useDoing();
  const form = useRef<HTMLFormElement>(null);

  function start(of: string): unknown {
    const fresh = blank(fieldOf(definition, of), new Date());
    return types.length > 1 && definition.discriminator !== undefined ? withAt(fresh, definition.discriminator, of) : fresh;
  }

  const words = faults.map((fault) => explain(fault, field));
  const byPointer = new Map(words.map(({ pointer, text }) => [pointer, `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`]));

  const found = (next: readonly Fault[]): void => {
    setFaults(next);
    requestAnimationFrame(() => {
      form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-faults]")?.focus();
    });
  };
  const save = async (): Promise<void> => {
    const next = await collection.check(value);
    if (next.length > 0) return found(next);
    setFaults([]);
    try {
      await onSave(value);
    } catch (error) {
      if (error instanceof PryvError && error.details.faults !== undefined) return found(error.details.faults);
      throw error;
    }
  };

  return (
    <form ref={form} class="stack" noValidate onSubmit={(event) => { event.preventDefault(); void doing.run(save); }}>
      {types.length > 1 && data === undefined && (
        <div class="field">
          <label for="record-type">Kind of record</label>
          <select id="record-type" value={type} onChange={(event) => { setType(event.currentTarget.value); setValue(start(event.currentTarget.value)); setFaults([]); }}>
            {types.map((one) => <option key={one} value={one}>{readable(one)}</option>)}
          </select>
        </div>
      )}
      {words.length > 0 && (
        <div class="notice bad" role="alert" tabIndex={-1} data-faults>
          <div>
            <strong>{count(words.length, "field needs", "fields need")} another look</strong>
            <ul>{words.map(({ name, text }, at) => <li key={at}>{name}: {text}</li>)}</ul>
          </div>
        </div>
      )}
      <Input key={type} field={field} pointer="" value={value} faults={byPointer} onChange={setValue} />
      {children}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      <div class="row end">
        <button type="button" class="button" disabled={doing.busy} onClick={onCancel}>Cancel</button>
        <button type="submit" class="button primary" disabled={doing.busy}>
          {doing.busy && <span class="waiting" aria-hidden="true" />}{verb}
        </button>
      </div>
    </form>
  );
}
