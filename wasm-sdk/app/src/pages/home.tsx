/** One's data: every collection with its latest value and the way it went. */

import type { Collection } from "@pryv/sdk";
import type { JSX } from "preact";
import { shown } from "../form/shown.ts";
import { allLeaves, at, type Field } from "../form/fields.ts";
import { collections, round } from "../holdings.ts";
import { Load, useLoad } from "../load.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { Spark } from "../plot/spark.tsx";
import { seriesOf, timeField, timeOf } from "../plot/series.ts";
import { to, toPlace } from "../route.ts";
import { kept } from "../session.ts";
import { ago } from "../words.ts";

export function Home(): JSX.Element {
  const all = useLoad(collections, [round.value]);
  return (
    <Page title="My data" lead="Everything here was encrypted on your device. Only you read it, and whom you share it with."
      actions={<>
        <a class="button" href={to("terms")}><Icon name="tag" />Labels</a>
        <a class="button primary" href={to("new")}><Icon name="plus" />New collection</a>
      </>}>
      {kept.value?.stored === false && (
        <div class="notice warn"><Icon name="warning" /><span>This browser keeps nothing on this device (private window, or storage is blocked). You stay signed in until you close this page; your data is safe on the server.</span></div>
      )}
      <Load of={all} what="your collections">
        {(list) => list.length === 0
          ? (
            <Empty icon="data" title="Begin with one collection" action={<a class="button primary" href={to("new")}><Icon name="plus" />New collection</a>}>
              A collection holds one kind of thing: your blood pressure, a diary of symptoms, what you take. You can type it in, or bring it from a file.
            </Empty>
          )
          : <ul class="cards">{list.map((one) => <li key={one.scope}><Card collection={one} /></li>)}</ul>}
      </Load>
    </Page>
  );
}

function Card({ collection }: { collection: Collection }): JSX.Element {
  const { records, loading } = useRecent(collection);
  const { definition } = collection;
  const series = seriesOf(definition, records);
  const time = timeField(definition);
  const latest = records.reduce<(typeof records)[number] | undefined>((best, one) => (best === undefined || timeOf(one, time) > timeOf(best, time) ? one : best), undefined);
  const first = series.slice(0, 2);
  const words = latest === undefined ? [] : first.length > 0
    ? first.map(({ field }) => field)
    : allLeaves(definition).filter(({ pointer, kind }) => pointer !== time?.pointer && kind !== "fixed").slice(0, 1);
  return (
    <a class="card collection-card" href={toPlace({ scope: collection.scope })}>
      <span class="stack tight">
        <h2>{collection.title}</h2>
        {latest !== undefined && (
          <>
            <span class="latest">{words.map((field) => shown(at(latest.data, field.pointer), bare(field))).join(" / ")} <small>{words[0]?.unit}</small></span>
            <span class="muted small">{ago(new Date(timeOf(latest, time)))}</span>
          </>
        )}
        {latest === undefined && <span class="muted">{loading ? "Opening…" : "Nothing yet. Open it to add something."}</span>}
      </span>
      {first[0] !== undefined && <Spark series={first[0]} />}
    </a>
  );
}

function useRecent(collection: Collection) {
  const page = useLoad((signal) => collection.query().newestFirst().limit(60).fetch({ signal }), [collection.scope, round.value]);
  return { records: page.value?.records ?? [], loading: page.loading };
}

/** Without its unit, which stands once behind all values. */
function bare({ unit: _, ...field }: Field): Field {
  return field;
}
