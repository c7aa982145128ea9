/** Records as a table: the columns of their schema, the newest on top. */

import type { Collection, Record } from "@pryv/sdk";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { allLeaves, at } from "../form/fields.ts";
import { shown } from "../form/shown.ts";
import { timeField, timeOf } from "../plot/series.ts";
import { toPlace, type Place } from "../route.ts";
import { when } from "../words.ts";

export function RecordTable({ collection, records, place, cursor, onCursor }: {
  collection: Collection;
  records: readonly Record<unknown>[];
  place: Place;
  /** The record that is looked at beside the table. */
  cursor: string | undefined;
  onCursor: (record: string) => void;
}): JSX.Element {
  const [time, columns] = useMemo(() => {
    const time = timeField(collection.definition);
    const filled = allLeaves(collection.definition).filter(({ pointer, kind }) =>
      pointer !== time?.pointer && kind !== "fixed" && records.some(({ data }) => at(data, pointer) !== undefined));
    return [time, filled.slice(0, 7)] as const;
  }, [collection, records]);
  const numeric = (kind: string): string => (kind === "number" || kind === "integer" ? "number" : "");
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`Records of ${collection.title}`}>
      <table class="records">
        <caption class="hidden-but-read">Records of {collection.title}, the newest first. The first column opens a record.</caption>
        <thead>
          <tr>
            <th scope="col">{time?.title ?? "Written"}</th>
            {columns.map((one) => <th key={one.pointer} scope="col" class={numeric(one.kind)}>{one.title}{one.unit !== undefined && ` (${one.unit})`}</th>)}
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.id} class={record.id === cursor ? "at-cursor" : ""} onPointerEnter={() => onCursor(record.id)} onFocusIn={() => onCursor(record.id)}>
              <th scope="row"><a href={toPlace(place, "r", record.id)}>{when(new Date(timeOf(record, time)))}</a></th>
              {columns.map((one) => {
                const { unit: _, ...bare } = one;
                return <td key={one.pointer} class={numeric(one.kind)}>{shown(at(record.data, one.pointer), bare)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
