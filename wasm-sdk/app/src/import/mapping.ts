/** Which column goes into which field. */

import type { Collection } from "@pryv/sdk";
import { explain, fieldOf, leaves, withAt, type Field } from "../form/fields.ts";
import { converted, type DayOrder } from "./convert.ts";
import type { Row, Rows } from "./rows.ts";

/** By the pointer of the field: the column. */
export type Mapping = { readonly [pointer: string]: string };

/** The fields that an import can fill: single values of a type, but for what the schema fixes. */
export function targets(collection: Collection, type: string): Field[] {
  const { discriminator } = collection.definition;
  return leaves(fieldOf(collection.definition, type)).filter(({ kind, pointer }) => kind !== "fixed" && pointer !== discriminator);
}

/** Fields and columns that look as if they meant the same. */
export function guessed(fields: readonly Field[], { columns, rows }: Rows): Mapping {
  const left = new Set(columns);
  const mapping: { [pointer: string]: string } = {};
  const take = (field: Field, column: string | undefined): void => {
    if (column === undefined || mapping[field.pointer] !== undefined) return;
    mapping[field.pointer] = column;
    left.delete(column);
  };
  for (const test of [same, within]) {
    for (const field of fields) take(field, [...left].find((column) => test(plain(column), field)));
  }
  for (const field of fields) {
    if (field.kind === "date-time" || field.kind === "date") {
      take(field, [...left].find((column) => /time|date|day|when|datum|zeit|jour/i.test(column) && rows.slice(0, 20).some(({ values }) => /\d/.test(String(values[column] ?? "")))));
    }
  }
  const numbers = fields.filter(({ kind, pointer }) => (kind === "number" || kind === "integer") && mapping[pointer] === undefined);
  const values = [...left].filter((column) => /^(value|wert|valeur|result)$/i.test(column));
  if (numbers.length === 1) take(numbers[0]!, values[0]);
  return mapping;
}

function same(column: string, field: Field): boolean {
  return column === plain(field.key) || column === plain(field.title) || column === plain(field.pointer);
}

function within(column: string, field: Field): boolean {
  const names = [plain(field.key), plain(field.title)].filter((name) => name.length >= 4);
  return column.length >= 4 && names.some((name) => column.startsWith(name) || name.startsWith(column) || column.endsWith(name));
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/\(.*?\)|[^\p{L}\p{N}]/gu, "");
}

/** A row on its way into a record. */
export interface Prepared {
  readonly line: number;
  readonly data: unknown;
  /** What is wrong with it; empty: it can be imported. */
  readonly faults: readonly string[];
}

/** What an import is made by. */
export interface Plan {
  readonly collection: Collection;
  readonly type: string;
  readonly mapping: Mapping;
  readonly order: DayOrder;
}

/** Makes records of rows and has each checked, a few hundred at a time. */
export async function prepare(plan: Plan, rows: readonly Row[], signal: AbortSignal, onProgress: (done: number) => void): Promise<Prepared[]> {
  const { definition } = plan.collection;
  const root = fieldOf(definition, plan.type);
  const fields = targets(plan.collection, plan.type).filter(({ pointer }) => plan.mapping[pointer] !== undefined);
  const base = fixed(root);
  const start = Object.keys(definition.types).length > 1 && definition.discriminator !== undefined ? withAt(base, definition.discriminator, plan.type) : base;
  const prepared: Prepared[] = [];
  for (let from = 0; from < rows.length; from += 250) {
    signal.throwIfAborted();
    prepared.push(...await Promise.all(rows.slice(from, from + 250).map((row) => one(plan, root, fields, start, row))));
    onProgress(prepared.length);
  }
  return prepared;
}

async function one({ collection, mapping, order }: Plan, root: Field, fields: readonly Field[], start: unknown, row: Row): Promise<Prepared> {
  let data = start;
  const faults: string[] = [];
  for (const field of fields) {
    const { value, fault } = converted(row.values[mapping[field.pointer] ?? ""], field, order);
    if (fault !== undefined) faults.push(fault);
    else if (value !== undefined) data = withAt(data, field.pointer, value);
  }
  if (faults.length === 0) faults.push(...(await collection.check(data)).map((fault) => explain(fault, root)).map(({ name, text }) => `${name}: ${text}`));
  return { line: row.line, data, faults };
}

/** What the schema fixes, and nothing else. */
function fixed(field: Field): unknown {
  if (field.kind === "fixed") return field.fixed;
  if (field.kind !== "object") return undefined;
  const inside = (field.fields ?? []).map((below) => [below.key, fixed(below)] as const).filter(([, value]) => value !== undefined);
  return inside.length === 0 && field.pointer !== "" ? undefined : Object.fromEntries(inside);
}
