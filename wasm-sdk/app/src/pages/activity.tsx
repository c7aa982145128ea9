/** Activity: who reached this account and what was read, day by day, from an audit that was recomputed. */

import type { AuditEntry } from "@pryv/sdk";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { allCollections } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { saveFile } from "../parts/save-file.ts";
import { Trouble } from "../parts/trouble.tsx";
import { useNames } from "../parts/who.tsx";
import { path } from "../route.ts";
import { me } from "../session.ts";
import { clock, count, fullDay } from "../words.ts";

const SHOWN = 300;

export function Activity(): JSX.Element {
  const [others, setOthers] = useState(false);
  const [from, setFrom] = useState("");
  const [most, setMost] = useState(SHOWN);
  const saving = useDoing();
  // `#/activity?ACCESS`: what one access did.
  const only = /^activity\?(.+)$/.exec(path.value[0] ?? "")?.[1];
  const found = useLoad(async (signal) => {
    const [log, own] = await Promise.all([me().audit({ ...(only !== undefined && { access: only }), ...(from !== "" && { from: new Date(`${from}T00:00`) }) }).entries({ signal }), allCollections()]);
    return { log, titles: new Map(own.map(({ scope, title }) => [scope, title])) };
  }, [from, only]);
  const mine = me().id;
  const entries = useMemo(() => joined([...(found.value?.log.entries ?? [])].reverse().filter(({ principal }) => !others || principal !== mine)), [found.value, others]);
  const days = useMemo(() => byDay(entries.slice(0, most)), [entries, most]);
  const name = useNames(entries.map(({ principal }) => principal));
  return (
    <Page title="Activity" narrow lead="Every sign-in and every reading of your data. Each entry is chained to the one before, so none can be changed or left out without being noticed; that was checked just now."
      actions={<button type="button" class="button" disabled={saving.busy} onClick={() => saving.run(async () => saveFile("activity.jsonl", await me().exportAudit(), "application/jsonl"))}><Icon name="download" />Save all of it</button>}>
      {saving.error !== undefined && <Trouble error={saving.error} focus />}
      {only !== undefined && <div class="notice"><Icon name="key" /><span>Only what was done with one access. <a href="#/activity">Show everything</a></span></div>}
      <div class="row" style={{ columnGap: "1.5rem" }}>
        <label class="check"><input type="checkbox" checked={others} onChange={(event) => setOthers(event.currentTarget.checked)} /><span>Only others, not me</span></label>
        <label class="row">From <input type="date" style={{ width: "auto" }} value={from} onInput={(event) => setFrom(event.currentTarget.value)} /></label>
      </div>
      <Load of={found} what="your activity">
        {({ log, titles }) => entries.length === 0
          ? <Empty icon="activity" title={others ? "Nobody else was here" : "Nothing in this time"}>{others ? "No reading by anybody but you is in the audit." : "Choose an earlier day."}</Empty>
          : (
            <div>
              {days.map(([day, list]) => (
                <section key={day.toISOString()} class="day stack">
                  <h2>{fullDay(day)}</h2>
                  <ul class="card list">{list.map((entry) => <Line key={entry.sequence} entry={entry} who={name(entry.principal)} mine={entry.principal === mine} titles={titles} />)}</ul>
                </section>
              ))}
              {entries.length > most && <p class="row" style={{ marginTop: "1rem" }}><button type="button" class="button" onClick={() => setMost(most + SHOWN)}>Show earlier entries</button></p>}
              {log.removed > 0 && <p class="muted small" style={{ marginTop: "1rem" }}>The {count(log.removed, "oldest entry has", "oldest entries have")} been removed: the time for which this server keeps them is over.</p>}
            </div>
          )}
      </Load>
    </Page>
  );
}

const ACTS: { readonly [act: string]: readonly [words: (records: number, what: string) => string, icon: IconName] } = {
  "sign-up": [() => "made this account", "check"],
  login: [() => "signed in with the password", "key"],
  recovery: [() => "opened the account with the recovery phrase", "key"],
  session: [() => "opened a session with the keys", "devices"],
  "open-scope": [(_, what) => `fetched the keys of ${what}`, "lock"],
  "get-record": [(_, what) => `read a record of ${what}`, "eye"],
  "query-records": [(records, what) => (records === 0 ? `looked in ${what} and found nothing` : `read ${count(records, "record")} of ${what}`), "eye"],
  "read-history": [(records, what) => `read ${count(records, "version")} of a record of ${what}`, "history"],
  "read-terms": [(records, what) => `read ${count(records, "label")}${what === "" ? "" : ` of ${what}`}`, "tag"],
};

function Line({ entry, who, mine, titles }: { entry: AuditEntry; who: string; mine: boolean; titles: ReadonlyMap<string, string> }): JSX.Element {
  const [words, icon] = ACTS[entry.act] ?? [() => entry.act, "activity" as const];
  const known = [...new Set(entry.scopes.map((scope) => titles.get(scope)))].filter((title) => title !== undefined);
  const what = known.length === 0 ? (entry.scopes.length === 0 ? "" : "labels and settings") : known.map((title) => `“${title}”`).join(", ");
  return (
    <li class="item">
      <span class={mine ? "muted" : ""}><Icon name={icon} size={18} /></span>
      <span class="grow"><strong>{who}</strong> {words(entry.records, what)}</span>
      <time class="muted small nowrap" dateTime={entry.at.toISOString()}>{clock(entry.at)}</time>
    </li>
  );
}

/** Entries of one person that follow each other and do the same, as one. */
function joined(entries: readonly AuditEntry[]): AuditEntry[] {
  const all: AuditEntry[] = [];
  for (const entry of entries) {
    const last = all.at(-1);
    const same = last !== undefined && last.principal === entry.principal && last.act === entry.act && last.access === entry.access
      && last.at.getTime() - entry.at.getTime() < 600_000;
    // Readings of different collections stay apart: their numbers say something.
    if (same && (entry.act === "open-scope" || entry.act === "read-terms")) {
      all[all.length - 1] = { ...last, scopes: [...last.scopes, ...entry.scopes], records: Math.max(last.records, entry.records) };
    } else all.push(entry);
  }
  return all;
}

function byDay(entries: readonly AuditEntry[]): (readonly [Date, readonly AuditEntry[]])[] {
  const days = new Map<string, [Date, AuditEntry[]]>();
  for (const entry of entries) {
    const known = days.get(entry.at.toDateString());
    if (known === undefined) days.set(entry.at.toDateString(), [entry.at, [entry]]);
    else known[1].push(entry);
  }
  return [...days.values()];
}
