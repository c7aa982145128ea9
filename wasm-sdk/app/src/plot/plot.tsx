/**
 * Numbers over time: one panel per unit, several lines in a panel. The mouse shows the nearest record; the keyboard walks from
 * record to record (arrows, Home, End, Enter opens it), as on a slider, so that a screen reader reads each one.
 */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { number, when } from "../words.ts";
import { linear, ticks, timeMarks } from "./scale.ts";
import { panels, thinned, type Point, type Series } from "./series.ts";

const SPANS = [["Week", 7], ["Month", 31], ["3 months", 92], ["Year", 366], ["All", Infinity]] as const;
const DAY = 86_400_000;

export function Plot({ all, title, onCursor, onOpen }: {
  all: readonly Series[];
  title: string;
  /** Is told which record is under the cursor. */
  onCursor: (record: string) => void;
  onOpen: (record: string) => void;
}): JSX.Element | null {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const last = Math.max(...all.map(({ points }) => points.at(-1)?.time ?? -Infinity));
  const first = Math.min(...all.map(({ points }) => points[0]?.time ?? Infinity));
  const fitting = SPANS.filter(([, days]) => days === Infinity || (last - first) > days * DAY);
  const [span, setSpan] = useState<number>(Infinity);
  if (all.length === 0 || !Number.isFinite(last)) return null;
  const low = span === Infinity ? first : Math.max(first, last - span * DAY);
  const seen = all.filter(({ field }) => !hidden.has(field.pointer));
  const toggle = (pointer: string): void => {
    const next = new Set(hidden);
    if (!next.delete(pointer) && seen.length > 1) next.add(pointer);
    setHidden(next);
  };
  return (
    <section class="card stack" aria-label={`${title} over time`}>
      <div class="row between">
        <div class="pills" role="group" aria-label="Lines">
          {all.map(({ field }, at) => (
            <button key={field.pointer} type="button" class="pill" aria-pressed={!hidden.has(field.pointer)} onClick={() => toggle(field.pointer)}>
              <span class={`swatch s${at % 5 + 1}`} aria-hidden="true" />{field.title}{field.unit !== undefined && <span class="muted">{field.unit}</span>}
            </button>
          ))}
        </div>
        {fitting.length > 1 && (
          <div class="pills" role="group" aria-label="How far back">
            {fitting.map(([name, days]) => (
              <button key={name} type="button" class="pill" aria-pressed={span === days} onClick={() => setSpan(days)}>{name}</button>
            ))}
          </div>
        )}
      </div>
      {panels(seen).map((panel) => (
        <Panel key={panel.map(({ field }) => field.pointer).join()} panel={panel} low={low} high={last}
          colour={(series) => all.indexOf(series) % 5 + 1} onCursor={onCursor} onOpen={onOpen} />
      ))}
    </section>
  );
}

/** What was measured at one moment: the points of every line there. */
interface Moment {
  readonly time: number;
  readonly points: readonly (readonly [Series, Point])[];
}

function Panel({ panel, low, high, colour, onCursor, onOpen }: {
  panel: readonly Series[];
  low: number;
  high: number;
  colour: (series: Series) => number;
  onCursor: (record: string) => void;
  onOpen: (record: string) => void;
}): JSX.Element {
  const here = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(720);
  const [cursor, setCursor] = useState<number | undefined>();
  useEffect(() => {
    const element = here.current;
    if (element === null) return;
    const watch = new ResizeObserver(([entry]) => { if (entry !== undefined) setWidth(Math.max(240, Math.round(entry.contentRect.width))); });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  const { lines, moments, top, bottom } = useMemo(() => inside(panel, low), [panel.map(({ field }) => field.pointer).join(), panel[0]?.points, low]);
  const height = width < 480 ? 210 : 260;
  const edge = { left: 46, right: 12, top: 12, bottom: 28 };
  const pad = high === low ? DAY / 2 : (high - low) * 0.015;
  const x = linear(low - pad, high + pad, edge.left, width - edge.right);
  const marks = ticks(bottom, top, 4);
  const step = (marks[1] ?? 1) - (marks[0] ?? 0) || 1;
  const y = linear(Math.min(bottom, marks[0] ?? bottom), Math.max(top, (marks.at(-1) ?? top) + (top > (marks.at(-1) ?? top) ? step * 0.3 : 0)), height - edge.bottom, edge.top);
  const at = cursor === undefined ? undefined : moments[Math.min(cursor, moments.length - 1)];

  const move = (next: number): void => {
    const index = Math.max(0, Math.min(moments.length - 1, next));
    setCursor(index);
    const record = moments[index]?.points[0]?.[1].record;
    if (record !== undefined) onCursor(record);
  };
  const nearest = (clientX: number): void => {
    const box = here.current?.getBoundingClientRect();
    if (box === undefined || moments.length === 0) return;
    const wanted = clientX - box.left;
    let best = 0;
    for (let index = 1; index < moments.length; index += 1) {
      if (Math.abs(x.place(moments[index]!.time) - wanted) < Math.abs(x.place(moments[best]!.time) - wanted)) best = index;
    }
    if (best !== cursor) move(best);
  };
  const open = (): void => {
    const record = at?.points[0]?.[1].record;
    if (record !== undefined) onOpen(record);
  };
  const keys = (event: KeyboardEvent): void => {
    const now = cursor ?? moments.length;
    const next = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, PageUp: now + 10, PageDown: now - 10, Home: 0, End: moments.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      move(next);
    } else if (event.key === "Enter") open();
  };

  const names = panel.map(({ field }) => field.title).join(", ");
  const spoken = at === undefined ? `${moments.length} moments; arrow keys walk through them` : `${when(new Date(at.time))}: ${said(at)}`;
  const dots = moments.length <= 90;
  return (
    <div class="plot" ref={here}>
      <div class="surface" role="slider" tabIndex={0} aria-label={`${names} over time`} aria-valuemin={0} aria-valuemax={Math.max(0, moments.length - 1)}
        aria-valuenow={cursor ?? Math.max(0, moments.length - 1)} aria-valuetext={spoken} aria-orientation="horizontal"
        onKeyDown={keys} onPointerMove={(event) => nearest(event.clientX)} onPointerDown={(event) => nearest(event.clientX)}
        onPointerLeave={() => setCursor(undefined)} onBlur={() => setCursor(undefined)} onDblClick={open}>
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
          {marks.map((mark) => (
            <g key={mark}>
              <line class="grid" x1={edge.left} x2={width - edge.right} y1={y.place(mark)} y2={y.place(mark)} />
              <text x={edge.left - 8} y={y.place(mark) + 4} text-anchor="end">{number(mark)}</text>
            </g>
          ))}
          {timeMarks(low - pad, high + pad, Math.max(2, Math.floor(width / 120))).map(({ time, label }) => (
            <text key={time} x={x.place(time)} y={height - 6} text-anchor={x.place(time) > width - 50 ? "end" : x.place(time) < edge.left + 20 ? "start" : "middle"}>{label}</text>
          ))}
          {lines.map(({ series, points }) => (
            <g key={series.field.pointer} class={`s${colour(series)}`}>
              <path class="line" d={points.map((point, index) => `${index === 0 ? "M" : "L"}${x.place(point.time).toFixed(1)} ${y.place(point.value).toFixed(1)}`).join("")} />
              {dots && points.map((point) => <circle key={`${point.record}${point.time}`} class="dot" cx={x.place(point.time)} cy={y.place(point.value)} r={3.2} />)}
            </g>
          ))}
          {at !== undefined && (
            <g>
              <line class="cross" x1={x.place(at.time)} x2={x.place(at.time)} y1={edge.top} y2={height - edge.bottom} />
              {at.points.map(([series, point]) => (
                <g key={series.field.pointer} class={`s${colour(series)}`}><circle class="dot" cx={x.place(point.time)} cy={y.place(point.value)} r={5.5} /></g>
              ))}
            </g>
          )}
        </svg>
      </div>
      {at !== undefined && (
        <div class="bubble" style={{
          // On the side that has more room, and no wider than that.
          ...(x.place(at.time) > width / 2 ? { right: `${width - x.place(at.time) + 12}px` } : { left: `${x.place(at.time) + 12}px` }),
          maxWidth: `${Math.max(x.place(at.time), width - x.place(at.time)) - 12}px`,
        }}>
          <div>{when(new Date(at.time))}</div>
          <strong>{said(at)}</strong>
        </div>
      )}
    </div>
  );
}

function said({ points }: Moment): string {
  return points.map(([{ field }, { value }]) => `${points.length > 1 ? `${field.title} ` : ""}${number(value)}${field.unit === undefined ? "" : ` ${field.unit}`}`).join(" · ");
}

/** What of the lines lies in the time that is shown. */
function inside(panel: readonly Series[], low: number): {
  lines: { series: Series; points: readonly Point[] }[]; moments: Moment[]; top: number; bottom: number;
} {
  const lines = panel.map((series) => ({ series, points: thinned(series.points.filter(({ time }) => time >= low), 900) }));
  const byTime = new Map<number, (readonly [Series, Point])[]>();
  let top = -Infinity;
  let bottom = Infinity;
  for (const { series, points } of lines) {
    for (const point of points) {
      const moment = byTime.get(point.time);
      if (moment === undefined) byTime.set(point.time, [[series, point]]);
      else moment.push([series, point]);
      top = Math.max(top, point.value);
      bottom = Math.min(bottom, point.value);
    }
  }
  const moments = [...byTime].map(([time, points]) => ({ time, points })).sort((a, b) => a.time - b.time);
  if (moments.length === 0) [bottom, top] = [0, 1];
  const room = (top - bottom || Math.abs(top) * 0.2 || 1) * 0.08;
  return { lines, moments, top: top + room, bottom: bottom >= 0 ? Math.max(0, bottom - room) : bottom - room };
}
