/** Scales and the places of their marks. */

/** From a value to a place on the screen. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly place: (value: number) => number;
}

export function linear(low: number, high: number, from: number, to: number): Scale {
  const span = high - low || 1;
  return { low, high, place: (value) => from + ((value - low) / span) * (to - from) };
}

/** Round values over a range, about as many as asked for. */
export function ticks(low: number, high: number, about: number): number[] {
  const rough = (high - low || 1) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? power * 10;
  const marks: number[] = [];
  for (let mark = Math.ceil(low / step) * step; mark <= high + step * 1e-9; mark += step) marks.push(Number(mark.toPrecision(12)));
  return marks;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FIXED = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR] as const;

/** A mark of the time axis. */
export interface TimeMark {
  readonly time: number;
  readonly label: string;
}

/** Marks at full hours, days, months or years of the person's own calendar, about as many as asked for. */
export function timeMarks(low: number, high: number, about: number): TimeMark[] {
  const rough = (high - low) / about;
  const fixed = FIXED.find((step) => step >= rough);
  const at = new Date(low);
  if (fixed !== undefined) {
    const zone = at.getTimezoneOffset() * MINUTE;
    const first = Math.ceil((low - zone) / fixed) * fixed + zone;
    const label = new Intl.DateTimeFormat(undefined, high - low > DAY ? { weekday: "short", hour: "numeric" } : { timeStyle: "short" });
    return walk(first, high, (time) => time + fixed, label);
  }
  at.setHours(0, 0, 0, 0);
  const days = [1, 2, 7, 14].find((count) => count * DAY >= rough);
  if (days !== undefined) {
    const next = (time: number): number => new Date(time).setDate(new Date(time).getDate() + days);
    return walk(at.getTime() < low ? next(at.getTime() - (days - 1) * 0) : at.getTime(), high, next, new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }));
  }
  at.setDate(1);
  const months = [1, 2, 3, 6].find((count) => count * 30 * DAY >= rough);
  if (months !== undefined) {
    at.setMonth(Math.floor(at.getMonth() / months) * months);
    const next = (time: number): number => new Date(time).setMonth(new Date(time).getMonth() + months);
    return walk(later(at.getTime(), low, next), high, next, new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" }));
  }
  at.setMonth(0);
  const years = Math.max(1, Math.ceil(rough / (366 * DAY)));
  const next = (time: number): number => new Date(time).setFullYear(new Date(time).getFullYear() + years);
  return walk(later(at.getTime(), low, next), high, next, new Intl.DateTimeFormat(undefined, { year: "numeric" }));
}

function later(from: number, low: number, next: (time: number) => number): number {
  let time = from;
  while (time < low) time = next(time);
  return time;
}

function walk(first: number, high: number, next: (time: number) => number, label: Intl.DateTimeFormat): TimeMark[] {
  const marks: TimeMark[] = [];
  for (let time = first; time <= high && marks.length < 40; time = next(time)) marks.push({ time, label: label.format(time) });
  return marks;
}
