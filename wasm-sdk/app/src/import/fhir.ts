/** FHIR (R4, R5): the Observations of a Bundle, or one alone, each as a row. */

import { NotReadable, type Row, type Rows } from "./rows.ts";

type Resource = { readonly [key: string]: unknown };

/** The rows of a FHIR resource; `undefined` if it is none. */
export function fhirRows(value: unknown): Rows | undefined {
  const resource = object(value);
  if (resource === undefined || typeof resource["resourceType"] !== "string") return undefined;
  const found = resource["resourceType"] === "Bundle"
    ? list(resource["entry"]).map((entry, at) => [at + 1, object(object(entry)?.["resource"])] as const)
    : [[1, resource] as const];
  const columns = new Set<string>();
  const rows: Row[] = [];
  const skipped: { line: number; why: string }[] = [];
  for (const [line, one] of found) {
    if (one?.["resourceType"] !== "Observation") {
      skipped.push({ line, why: `This is of the kind ${String(one?.["resourceType"] ?? "unknown")}; only Observations are imported.` });
      continue;
    }
    if (one["status"] === "entered-in-error") {
      skipped.push({ line, why: "It was marked as entered in error." });
      continue;
    }
    const values = Object.fromEntries(observation(one));
    for (const column of Object.keys(values)) columns.add(column);
    rows.push({ line, values });
  }
  if (rows.length === 0) throw new NotReadable("There are no Observations in this FHIR file.");
  return { kind: "FHIR", columns: [...columns], rows, skipped };
}

/** The columns of an Observation. Components, such as the two numbers of a blood pressure, are columns of their own. */
function* observation(resource: Resource): Generator<[string, unknown]> {
  const [name, code] = concept(resource["code"]);
  if (name !== undefined) yield ["What", name];
  if (code !== undefined) yield ["Code", code];
  const period = object(resource["effectivePeriod"]);
  const time = resource["effectiveDateTime"] ?? resource["effectiveInstant"] ?? period?.["start"] ?? resource["issued"];
  if (time !== undefined) yield ["Time", time];
  if (period?.["end"] !== undefined) yield ["End", period["end"]];
  yield* measured(resource, "Value");
  for (const one of list(resource["component"])) {
    const component = object(one) ?? {};
    const [part, partCode] = concept(component["code"]);
    yield* measured(component, part ?? partCode ?? "Component");
  }
  for (const [key, column] of [["status", "Status"], ["id", "Identifier"]] as const) {
    if (resource[key] !== undefined) yield [column, resource[key]];
  }
  const notes = list(resource["note"]).map((note) => object(note)?.["text"]).filter((text) => typeof text === "string");
  if (notes.length > 0) yield ["Note", notes.join("\n")];
  const [interpretation] = concept(list(resource["interpretation"])[0]);
  if (interpretation !== undefined) yield ["Interpretation", interpretation];
}

function* measured(from: Resource, column: string): Generator<[string, unknown]> {
  const quantity = object(from["valueQuantity"]);
  if (quantity !== undefined) {
    yield [column, quantity["value"]];
    const unit = quantity["unit"] ?? quantity["code"];
    if (unit !== undefined) yield [`${column} (unit)`, unit];
    return;
  }
  const [word] = concept(from["valueCodeableConcept"]);
  if (word !== undefined) yield [column, word];
  for (const kind of ["valueString", "valueBoolean", "valueInteger", "valueDateTime", "valueTime"]) {
    if (from[kind] !== undefined) yield [column, from[kind]];
  }
}

/** What a CodeableConcept is called, and its first code. */
function concept(value: unknown): [name: string | undefined, code: string | undefined] {
  const all = object(value);
  const coding = object(list(all?.["coding"])[0]);
  const text = [all?.["text"], coding?.["display"], coding?.["code"]].find((one) => typeof one === "string");
  const code = coding?.["code"];
  return [text as string | undefined, typeof code === "string" ? code : undefined];
}

function object(value: unknown): Resource | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Resource : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
