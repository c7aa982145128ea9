/** CSV as RFC 4180 has it, and as spreadsheets of all countries write it: with commas, semicolons or tabs. */

import { NotReadable, type Rows, type Row } from "./rows.ts";

export function csvRows(text: string): Rows {
  const separator = separatorOf(text);
  const all = [...cells(text, separator)];
  const head = all.shift();
  if (head === undefined || all.length === 0) throw new NotReadable("There is only one line in this file. The first line must name the columns, and each line below is a record.");
  const columns = unique(head.cells.map((name, at) => name.trim() || `Column ${at + 1}`));
  const rows: Row[] = [];
  const skipped: { line: number; why: string }[] = [];
  for (const { line, cells: values } of all) {
    if (values.length > columns.length) skipped.push({ line, why: `This line has ${values.length} columns, the first one names ${columns.length}.` });
    else rows.push({ line, values: Object.fromEntries(columns.map((name, at) => [name, values[at]?.trim() ?? ""])) });
  }
  return { kind: "CSV", columns, rows, skipped };
}

/** The separator that occurs most often in the first line, outside quotes. */
function separatorOf(text: string): string {
  const first = (/^[^\r\n]*/.exec(text)?.[0] ?? "").replaceAll(/"[^"]*"/g, "");
  const counts = [",", ";", "\t", "|"].map((one) => [one, first.split(one).length] as const);
  return counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

/** The cells of each line that is not empty. Quoted cells may hold separators, line ends and doubled quotes. */
function* cells(text: string, separator: string): Generator<{ line: number; cells: string[] }> {
  let line = 1;
  let began = 1;
  let cell = "";
  let row: string[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === "\n") line += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
    } else if (character === separator) {
      row.push(cell);
      cell = "";
    } else if (character === "\n") {
      row.push(cell);
      if (row.some((one) => one.trim() !== "")) yield { line: began, cells: row };
      [row, cell, began] = [[], "", line];
    } else if (character !== "\r") cell += character;
  }
  row.push(cell);
  if (row.some((one) => one.trim() !== "")) yield { line: began, cells: row };
}
