/** What a plot is drawn from: the numbers of records, over the time that they are about. */

import type { Definition, Record } from "@pryv/sdk";
import { allLeaves, at, type Field } from "../form/fields.ts";

export interface Point {
  readonly time: number;
  readonly value: number;
  readonly record: string;
}

export interface Series {
  readonly field: Field;
  readonly points: readonly Point[];
  readonly min: number;
  readonly max: number;
}

/** Where the time of a record stands, and how it is written there. */
export interface TimeField {
  readonly pointer: string;
  readonly title: string;
  readonly read: (value: unknown) => number;
}

/** The field that says when a record was; `undefined`: when it was written. */
export function timeField(definition: Definition): TimeField | undefined {
  const all = allLeaves(definition);
  const dated = all.filter(({ kind }) => kind === "date-time" || kind === "date");
  const named = dated.find(({ key }) => /^(at|time|date|when|start|measured|effective)/i.test(key)) ?? dated.find(({ required }) => required) ?? dated[0];
  if (named !== undefined) return { pointer: named.pointer, title: named.title, read: (value) => (typeof value === "string" ? Date.parse(value) : Number.NaN) };
  const seconds = all.find(({ kind, key }) => kind === "number" && /^time(stamp)?$/i.test(key));
  if (seconds === undefined) return undefined;
  return { pointer: seconds.pointer, title: seconds.title, read: (value) => (typeof value === "number" ? value * 1000 : Number.NaN) };
}

/** When a record was. */
export function timeOf(record: Record<unknown>, field: TimeField | undefined): number {
  const said = field === undefined ? Number.NaN : field.read(at(record.data, field.pointer));
  return Number.isNaN(said) ? record.writtenAt.getTime() : said;
}

/** The fields that can be drawn. */
export function numericFields(definition: Definition): Field[] {
  const time = timeField(definition);
  return allLeaves(definition).filter(({ kind, pointer }) => (kind === "number" || kind === "integer") && pointer !== time?.pointer);
}

/** The series of records, oldest point first; fields without a number are left out. */
export function seriesOf(definition: Definition, records: readonly Record<unknown>[]): Series[] {
  const time = timeField(definition);
  return numericFields(definition).flatMap((field) => {
    const points: Point[] = [];
    let min = Infinity;
    let max = -Infinity;
    for (const record of records) {
      const value = at(record.data, field.pointer);
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      points.push({ time: timeOf(record, time), value, record: record.id });
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    points.sort((a, b) => a.time - b.time);
    return points.length === 0 ? [] : [{ field, points, min, max }];
  });
}

/** Series that can share an axis: of one unit, or of no unit and of about one size. */
export function panels(all: readonly Series[]): Series[][] {
  const panels: Series[][] = [];
  for (const one of all) {
    const fits = panels.find((panel) => panel.every((other) => alike(one, other)));
    if (fits === undefined) panels.push([one]);
    else fits.push(one);
  }
  return panels;
}

function alike(a: Series, b: Series): boolean {
  if (a.field.unit !== undefined || b.field.unit !== undefined) return a.field.unit === b.field.unit;
  const [low, high] = [Math.min(a.max, b.max), Math.max(a.max, b.max)];
  return low > 0 && high / low < 4;
}

/** At most about `most` points: of each stretch the lowest and the highest, so that no peak is lost. */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const each = Math.ceil(points.length / (most / 2));
  const kept: Point[] = [];
  for (let from = 0; from < points.length; from += each) {
    const stretch = points.slice(from, from + each);
    let low = stretch[0]!;
    let high = low;
    for (const point of stretch) {
      if (point.value < low.value) low = point;
      if (point.value > high.value) high = point;
    }
    if (low === high) kept.push(low);
    else kept.push(...(low.time <= high.time ? [low, high] : [high, low]));
  }
  return kept;
}
