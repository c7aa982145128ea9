/** A record to read: names and values, nested ones inside. */

import type { JSX } from "preact";
import { readable, type Field } from "./fields.ts";
import { shown } from "./shown.ts";

export function Facts({ value, field }: { value: unknown; field: Field | undefined }): JSX.Element {
  if (Array.isArray(value) && value.some((one) => typeof one === "object" && one !== null)) {
    return <ol class="stack">{value.map((one: unknown, at) => <li key={at} class="group"><Facts value={one} field={field?.item} /></li>)}</ol>;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return <span>{shown(value, field)}</span>;
  const data = value as { readonly [key: string]: unknown };
  const known = (field?.fields ?? []).filter(({ key }) => data[key] !== undefined);
  const others = Object.keys(data).filter((key) => !known.some((one) => one.key === key));
  return (
    <dl class="facts">
      {known.map((one) => <Fact key={one.key} name={one.title} value={data[one.key]} field={one} />)}
      {others.map((key) => <Fact key={key} name={readable(key)} value={data[key]} field={undefined} />)}
    </dl>
  );
}

function Fact({ name, value, field }: { name: string; value: unknown; field: Field | undefined }): JSX.Element {
  return <><dt>{name}</dt><dd><Facts value={value} field={field} /></dd></>;
}
