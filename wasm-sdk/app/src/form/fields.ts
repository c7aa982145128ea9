/** What a JSON Schema asks for, as fields that a person can fill in. */

import type { Definition, Fault, JsonSchema } from "@pryv/sdk";

type Schema = { readonly [keyword: string]: unknown };

/** What kind of input a field takes. */
export type Kind =
  | "string" | "text" | "number" | "integer" | "boolean" | "date-time" | "date" | "time" | "choice" | "fixed"
  | "object" | "array"
  /** Nothing simpler: edited as JSON. */
  | "json";

/** One field. */
export interface Field {
  /** The JSON pointer inside an instance. Below an array, inside the item. */
  readonly pointer: string;
  readonly key: string;
  readonly title: string;
  readonly hint?: string;
  readonly kind: Kind;
  readonly required: boolean;
  readonly unit?: string;
  readonly choices?: readonly { readonly value: unknown; readonly title: string }[];
  readonly fixed?: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly fields?: readonly Field[];
  readonly item?: Field;
}

/** The type names of a definition. */
export function typesOf(definition: Definition): string[] {
  return Object.keys(definition.types);
}

/** Which type an instance is of. */
export function typeOf(definition: Definition, data: unknown): string | undefined {
  const types = typesOf(definition);
  if (types.length <= 1 || definition.discriminator === undefined) return types[0];
  const named = at(data, definition.discriminator);
  return typeof named === "string" && types.includes(named) ? named : undefined;
}

/** The fields of a type. */
export function fieldOf(definition: Definition, type: string): Field {
  const root = definition.types[type];
  const reader = new Reader(definition, root);
  const field = reader.field(root, { pointer: "", key: "", required: true, depth: 0 });
  return { ...field, title: definition.title };
}

/** The single values of a field and of what it holds, arrays left out: columns, axes, targets of an import. */
export function leaves(field: Field): Field[] {
  if (field.kind === "object") return (field.fields ?? []).flatMap(leaves);
  return field.kind === "array" ? [] : [field];
}

/** The fields of every type of a definition, each pointer once. */
export function allLeaves(definition: Definition): Field[] {
  const known = new Map<string, Field>();
  for (const type of typesOf(definition)) {
    for (const leaf of leaves(fieldOf(definition, type))) if (!known.has(leaf.pointer)) known.set(leaf.pointer, leaf);
  }
  return [...known.values()];
}

/** The value at a JSON pointer. */
export function at(data: unknown, pointer: string): unknown {
  let value = data;
  for (const key of parts(pointer)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as { [key: string]: unknown })[key];
  }
  return value;
}

/** A copy with another value at a JSON pointer; `undefined` takes it away. */
export function withAt(data: unknown, pointer: string, value: unknown): unknown {
  const [key, ...rest] = parts(pointer);
  if (key === undefined) return value;
  const below = rest.map((part) => `/${escaped(part)}`).join("");
  if (Array.isArray(data)) return data.map((one: unknown, index) => (String(index) === key ? withAt(one, below, value) : one));
  const { [key]: before, ...others } = (typeof data === "object" && data !== null ? data : {}) as { [key: string]: unknown };
  const next = withAt(before, below, value);
  return next === undefined ? others : { ...(data as object | undefined), [key]: next };
}

function parts(pointer: string): string[] {
  return pointer === "" ? [] : pointer.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What a form begins with: what the schema fixes or proposes, and the time that it is. */
export function blank(field: Field, now: Date): unknown {
  if (field.fixed !== undefined) return field.fixed;
  switch (field.kind) {
    case "object": {
      const filled = (field.fields ?? []).map((one) => [one.key, blank(one, now)] as const).filter(([, value]) => value !== undefined);
      return filled.length === 0 && !field.required ? undefined : Object.fromEntries(filled);
    }
    case "array":
      return field.required ? [] : undefined;
    case "date-time":
      return field.required ? now.toISOString() : undefined;
    case "boolean":
      return field.required ? false : undefined;
    default:
      return undefined;
  }
}

/** A fault in words: the field that it is about, what it is called, and what is asked for. */
export function explain(fault: Fault, root: Field): { readonly pointer: string; readonly name: string; readonly text: string } {
  const { name, field } = namedAt(root, fault.pointer);
  if (fault.rule === "required") {
    const missing = /"([^"]+)"/.exec(fault.expected)?.[1];
    if (missing !== undefined) {
      const pointer = `${fault.pointer}/${escaped(missing)}`;
      return { pointer, name: namedAt(root, pointer).name, text: "this is needed" };
    }
  }
  return { pointer: fault.pointer, name, text: (field === undefined ? undefined : asked(fault.rule, field)) ?? fault.expected };
}

/** What a rule asks for, where it can be said in fewer words than the schema's. */
function asked(rule: string, { kind, min, max, unit, choices }: Field): string | undefined {
  const measure = unit === undefined ? "" : ` ${unit}`;
  switch (rule) {
    case "minimum": return min === undefined ? undefined : `must be at least ${min}${measure}`;
    case "maximum": return max === undefined ? undefined : `must be at most ${max}${measure}`;
    case "minLength": return "must not be empty";
    case "enum": return choices === undefined ? undefined : `must be one of ${choices.map(({ title }) => title).join(", ")}`;
    case "format": return kind === "date-time" || kind === "date" ? "must be a day that exists" : undefined;
    case "type": return kind === "number" ? "must be a number" : kind === "integer" ? "must be a whole number" : kind === "string" ? "must be a text" : undefined;
    default: return undefined;
  }
}

/** The field at a JSON pointer of an instance, and what it is called. */
function namedAt(root: Field, pointer: string): { readonly name: string; readonly field: Field | undefined } {
  let field: Field | undefined = root;
  const names: string[] = [];
  for (const part of parts(pointer)) {
    const next: Field | undefined = field?.kind === "array" ? field.item : field?.fields?.find((one) => one.key === part);
    names.push(field?.kind === "array" ? `number ${Number(part) + 1}` : next?.title ?? part);
    field = next;
  }
  return { name: names.length === 0 ? "The record" : names.join(", "), field };
}

/** Reads schemas: follows references inside the definition, and stops where one refers to itself. */
class Reader {
  readonly #definition: Definition;
  readonly #root: JsonSchema | undefined;

  constructor(definition: Definition, root: JsonSchema | undefined) {
    this.#definition = definition;
    this.#root = root;
  }

  field(schema: unknown, place: { pointer: string; key: string; required: boolean; depth: number }): Field {
    const { pointer, key, required, depth } = place;
    const found = this.#resolved(schema);
    const text = (keyword: string): string | undefined => (typeof found[keyword] === "string" ? found[keyword] : undefined);
    const figure = (keyword: string): number | undefined => (typeof found[keyword] === "number" ? found[keyword] : undefined);
    const base = {
      pointer, key, required,
      title: text("title") ?? readable(key),
      ...(text("description") !== undefined && { hint: text("description")! }),
      ...((text("unit") ?? text("x-unit")) !== undefined && { unit: (text("unit") ?? text("x-unit"))! }),
      ...(figure("minimum") !== undefined && { min: figure("minimum")! }),
      ...(figure("maximum") !== undefined && { max: figure("maximum")! }),
      ...(figure("multipleOf") !== undefined && { step: figure("multipleOf")! }),
    };
    if ("const" in found) return { ...base, kind: "fixed", fixed: found["const"] };
    const choices = choicesOf(found);
    if (choices !== undefined) return { ...base, kind: "choice", choices };
    if (depth > 8) return { ...base, kind: "json" };
    const type = typeIn(found);
    switch (type) {
      case "object": {
        const properties = typeof found["properties"] === "object" && found["properties"] !== null ? found["properties"] as Schema : {};
        const needed = Array.isArray(found["required"]) ? found["required"] as unknown[] : [];
        const fields = inOrder(properties, needed).map(([name, below]) =>
          this.field(below, { pointer: `${pointer}/${escaped(name)}`, key: name, required: needed.includes(name), depth: depth + 1 }));
        return fields.length === 0 ? { ...base, kind: "json" } : { ...base, kind: "object", fields };
      }
      case "array":
        return { ...base, kind: "array", item: this.field(found["items"] ?? true, { pointer: "", key: "", required: true, depth: depth + 1 }) };
      case "string": {
        const format = text("format");
        if (format === "date-time" || format === "date" || format === "time") return { ...base, kind: format };
        const long = (figure("maxLength") ?? 0) > 200 || format === "markdown" || /note|comment|description/i.test(key);
        return { ...base, kind: long ? "text" : "string" };
      }
      case "number":
      case "integer":
      case "boolean":
        return { ...base, kind: type };
      default:
        return { ...base, kind: "json" };
    }
  }

  #resolved(schema: unknown): Schema {
    let found = schema;
    for (let hops = 0; hops < 8; hops += 1) {
      if (typeof found !== "object" || found === null) return {};
      const reference = (found as Schema)["$ref"];
      if (typeof reference !== "string") break;
      const { $ref: _, ...beside } = found as Schema;
      const target = reference.startsWith("#") ? at(this.#root, decodeURIComponent(reference.slice(1))) : this.#definition.types[reference];
      found = typeof target === "object" && target !== null ? { ...target, ...beside } : beside;
    }
    return found as Schema;
  }
}

/**
 * Properties as they are meant to be read. JSON objects have no order, and come back in another one: `x-order` says it, then
 * the list of what is required.
 */
function inOrder(properties: Schema, required: readonly unknown[]): [string, unknown][] {
  const place = ([key, schema]: [string, unknown]): number => {
    const said = typeof schema === "object" && schema !== null ? (schema as Schema)["x-order"] : undefined;
    const needed = required.indexOf(key);
    return typeof said === "number" ? said : needed < 0 ? required.length : needed;
  };
  return Object.entries(properties).sort((a, b) => place(a) - place(b));
}

function typeIn(schema: Schema): unknown {
  const { type } = schema;
  if (Array.isArray(type)) {
    const real = type.filter((one) => one !== "null");
    return real.length === 1 ? real[0] : undefined;
  }
  if (type !== undefined) return type;
  return "properties" in schema ? "object" : "items" in schema ? "array" : undefined;
}

function choicesOf(schema: Schema): Field["choices"] {
  if (Array.isArray(schema["enum"])) return (schema["enum"] as unknown[]).map((value) => ({ value, title: readable(String(value)) }));
  const options = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(options) && options.length > 0 && options.every((one) => typeof one === "object" && one !== null && "const" in one)) {
    return (options as Schema[]).map((one) => ({ value: one["const"], title: typeof one["title"] === "string" ? one["title"] : readable(String(one["const"])) }));
  }
  return undefined;
}

/** `bodyTemperature` and `body_temperature` as “Body temperature”. */
export function readable(key: string): string {
  const words = key.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[_-]+/g, " ").trim();
  return words === "" ? "" : words[0]!.toUpperCase() + words.slice(1).replaceAll(/\b[A-Z][a-z]/g, (start) => start.toLowerCase());
}

/** The fields whose values the server can look for. */
export function foundByValue({ indexes = [] }: Definition): Set<string> {
  return new Set(indexes.flatMap((index) => ((index.kind === "equality" || index.kind === "unique") && index.field !== undefined ? [index.field] : [])));
}
