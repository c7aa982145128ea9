/** A value of a field as a person reads it. */

import { clock, day, number, when } from "../words.ts";
import type { Field } from "./fields.ts";

export function shown(value: unknown, field?: Field): string {
  if (value === undefined || value === null) return "–";
  const choice = field?.choices?.find((one) => one.value === value);
  if (choice !== undefined) return choice.title;
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return field?.unit === undefined ? number(value) : `${number(value)} ${field.unit}`;
  if (typeof value === "string") {
    if (field?.kind === "date-time" || field?.kind === "date") {
      const date = new Date(value);
      if (!Number.isNaN(date.getTime())) return field.kind === "date" ? day(date) : when(date);
    }
    if (field?.kind === "time") {
      const date = new Date(`2000-01-01T${value}`);
      if (!Number.isNaN(date.getTime())) return clock(date);
    }
    return value;
  }
  if (Array.isArray(value)) return value.map((one) => shown(one, field?.item)).join(", ");
  return JSON.stringify(value);
}
