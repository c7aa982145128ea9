/** A cell of a file as the value that a field asks for. */

import type { Field } from "../form/fields.ts";

/** How dates like 03/04/2024 are meant. */
export type DayOrder = "day-first" | "month-first";

/** The value, or why the cell is not one; `undefined` if the cell is empty. */
export function converted(cell: unknown, field: Field, order: DayOrder): { readonly value?: unknown; readonly fault?: string } {
  if (cell === undefined || cell === null || (typeof cell === "string" && cell.trim() === "")) return {};
  const text = typeof cell === "string" ? cell.trim() : String(cell);
  switch (field.kind) {
    case "number":
    case "integer": {
      const value = typeof cell === "number" ? cell : figure(text, field.unit);
      if (value === undefined) return { fault: `${field.title}: “${short(text)}” is not a number` };
      return field.kind === "integer" && !Number.isInteger(value) ? { fault: `${field.title}: “${short(text)}” is not a whole number` } : { value };
    }
    case "boolean": {
      if (typeof cell === "boolean") return { value: cell };
      if (/^(true|yes|y|1|x|ja|oui|si)$/i.test(text)) return { value: true };
      if (/^(false|no|n|0|nein|non)$/i.test(text)) return { value: false };
      return { fault: `${field.title}: “${short(text)}” is neither yes nor no` };
    }
    case "choice": {
      const found = field.choices?.find(({ value, title }) => value === cell || [String(value), title].some((one) => one.toLowerCase() === text.toLowerCase()));
      return found === undefined
        ? { fault: `${field.title}: “${short(text)}” is not one of ${field.choices?.map(({ title }) => title).join(", ") ?? ""}` }
        : { value: found.value };
    }
    case "date-time":
    case "date": {
      const date = moment(cell, order);
      if (date === undefined) return { fault: `${field.title}: “${short(text)}” is not a date` };
      return { value: field.kind === "date" ? dayOf(date) : date.toISOString() };
    }
    case "json":
      return { value: cell };
    default:
      return { value: text };
  }
}

/** A number with a decimal point or comma, and with or without its unit. */
function figure(text: string, unit: string | undefined): number | undefined {
  const bare = (unit !== undefined && text.toLowerCase().endsWith(unit.toLowerCase()) ? text.slice(0, -unit.length) : text).replaceAll(/[\s'’\u00a0]/g, "");
  const plain = /^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : undefined;
}

const PARTS = /^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(am|pm)?)?$/i;

/** A moment: ISO, a day with numbers in either order, or seconds or milliseconds since 1970. Without a zone, it is local. */
function moment(cell: unknown, order: DayOrder): Date | undefined {
  const text = String(cell).trim();
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return valid(new Date(Number(text) * (text.split(".")[0]!.length > 10 ? 1 : 1000)));
  const parts = PARTS.exec(text);
  if (parts === null) return /\d{4}/.test(text) && !/^\d+$/.test(text) ? valid(new Date(text)) : undefined;
  const [first, second, third] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const yearFirst = parts[1]!.length === 4;
  const year = yearFirst ? first : parts[3]!.length === 2 ? 2000 + third : third;
  const [a, b] = yearFirst ? [third, second] : [first, second];
  const dayFirst = yearFirst || (text.includes(".") ? true : a > 12 ? true : b > 12 ? false : order === "day-first");
  const [day, month] = dayFirst ? [a, b] : [b, a];
  const half = parts[7]?.toLowerCase();
  const hour = Number(parts[4] ?? 0) % (half === undefined ? 24 : 12) + (half === "pm" ? 12 : 0);
  const date = new Date(year, month - 1, day, hour, Number(parts[5] ?? 0), Number(parts[6] ?? 0));
  return date.getMonth() === month - 1 && date.getDate() === day ? date : undefined;
}

/** Whether the order of day and month cannot be told from the cells alone. */
export function ambiguous(cells: Iterable<unknown>): boolean {
  let seen = false;
  for (const cell of cells) {
    const parts = /^(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}\b/.exec(String(cell ?? "").trim());
    if (parts === null) continue;
    if (Number(parts[1]) > 12 || Number(parts[2]) > 12) return false;
    seen = true;
  }
  return seen;
}

function valid(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function dayOf(date: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
