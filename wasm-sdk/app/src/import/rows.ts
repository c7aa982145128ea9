/** A file as rows and columns, whatever it was: CSV, JSON or FHIR. */

import { csvRows } from "./csv.ts";
import { fhirRows } from "./fhir.ts";

/** One row, by column. `line` is where it stands in the file, as a person would count. */
export interface Row {
  readonly line: number;
  readonly values: { readonly [column: string]: unknown };
}

export interface Rows {
  readonly kind: "CSV" | "JSON" | "FHIR";
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** What was left out, and why. */
  readonly skipped: readonly { readonly line: number; readonly why: string }[];
}

/** Why a file is not one that can be imported, in words for the person. */
export class NotReadable extends Error {}

/** Reads a file. */
export function read(text: string, name: string): Rows {
  const content = text.replace(/^\uFEFF/, "");
  if (content.trim() === "") throw new NotReadable("The file is empty.");
  if (/\.(json|ndjson|jsonl)$/i.test(name) || /^\s*[[{]/.test(content)) return json(content);
  return csvRows(content);
}

function json(text: string): Rows {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    return lines(text);
  }
  const fhir = fhirRows(all);
  if (fhir !== undefined) return fhir;
  if (Array.isArray(all)) return objects(all.map((one, at) => [at + 1, one]));
  const lists = typeof all === "object" && all !== null ? Object.values(all).filter(Array.isArray) : [];
  if (lists.length === 1) return objects((lists[0] as unknown[]).map((one, at) => [at + 1, one]));
  return objects([[1, all]]);
}

/** JSON, one value a line. */
function lines(text: string): Rows {
  const values: [number, unknown][] = [];
  const skipped: { line: number; why: string }[] = [];
  text.split("\n").forEach((line, at) => {
    if (line.trim() === "") return;
    try {
      values.push([at + 1, JSON.parse(line)]);
    } catch {
      skipped.push({ line: at + 1, why: "This is not JSON." });
    }
  });
  if (values.length === 0) throw new NotReadable("The file looks like JSON, but could not be read as JSON. Was it cut off?");
  const rows = objects(values);
  return { ...rows, skipped: [...rows.skipped, ...skipped] };
}

function objects(values: readonly (readonly [number, unknown])[]): Rows {
  const columns = new Set<string>();
  const rows: Row[] = [];
  const skipped: { line: number; why: string }[] = [];
  for (const [line, value] of values) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      skipped.push({ line, why: "This is a single value, not a record with fields." });
      continue;
    }
    const flat = Object.fromEntries(flattened(value, ""));
    for (const column of Object.keys(flat)) columns.add(column);
    rows.push({ line, values: flat });
  }
  if (rows.length === 0) throw new NotReadable("There are no records in this file.");
  return { kind: "JSON", columns: [...columns], rows, skipped };
}

/** `{ a: { b: 1 } }` as `a.b`: columns as a person would name them. Arrays stay whole. */
function* flattened(value: object, before: string): Generator<[string, unknown]> {
  for (const [key, one] of Object.entries(value)) {
    if (typeof one === "object" && one !== null && !Array.isArray(one)) yield* flattened(one as object, `${before}${key}.`);
    else yield [`${before}${key}`, one];
  }
}
