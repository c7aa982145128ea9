/** A line so small that it only shows the way things went. */

import type { JSX } from "preact";
import { linear } from "./scale.ts";
import { thinned, type Series } from "./series.ts";

export function Spark({ series }: { series: Series }): JSX.Element | null {
  const points = thinned(series.points, 120);
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return null;
  const x = linear(first.time, last.time, 1, 199);
  const y = linear(series.min, series.max, 46, 4);
  const d = points.map((point, index) => `${index === 0 ? "M" : "L"}${x.place(point.time).toFixed(1)} ${y.place(point.value).toFixed(1)}`).join("");
  return <svg class="spark" viewBox="0 0 200 50" preserveAspectRatio="none" aria-hidden="true"><path d={d} /></svg>;
}
