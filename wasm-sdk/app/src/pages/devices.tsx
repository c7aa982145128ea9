/** Devices: where this account is open, and whether they all see the same history. */

import type { Session } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Copy } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { me } from "../session.ts";
import { ago, when } from "../words.ts";

export function Devices(): JSX.Element {
  const found = useLoad((signal) => me().sessions({ signal }), []);
  const [ending, setEnding] = useState<Session | undefined>();
  return (
    <Page title="Devices" narrow back={[to("settings"), "Settings"]} lead="Where your account is open. If you do not recognise one, end it and change your password.">
      <Load of={found} what="your devices">
        {(all) => (
          <ul class="card list">
            {all.map((one) => (
              <li key={one.session} class="item">
                <Icon name="devices" />
                <span class="grow"><span class="strong">{one.current ? "This device" : "Another device"}</span><br />
                  <span class="muted small">opened {when(one.openedAt)} ({ago(one.openedAt)}) · valid until {when(one.expiresAt)}</span></span>
                {one.current ? <span class="tag good">Here</span> : <button type="button" class="button small danger" onClick={() => setEnding(one)}>End</button>}
              </li>
            ))}
          </ul>
        )}
      </Load>
      <Compare />
      {ending !== undefined && (
        <Confirm title="End this session?" verb="End it" onClose={() => setEnding(undefined)}
          onConfirm={async () => { await me().endSession(ending.session); setEnding(undefined); found.reload(); say("That device is signed out."); }}>
          <p>The device that was opened {ago(ending.openedAt)} is signed out. If somebody else has it, and it keeps your keys, it could sign in again: change your password as well, which keeps it out.</p>
          <p><a href={to("settings")}>Change my password</a></p>
        </Confirm>
      )}
    </Page>
  );
}

const AGREED = {
  same: "Both devices have seen the same, up to the last entry.",
  older: "The other device has seen less than this one. It will catch up.",
  newer: "The other device has seen more than this one. Load the page again, and this one catches up.",
  gone: "The entries of the other device were removed, their time being over.",
} as const;

function Compare(): JSX.Element {
  const head = useLoad((signal) => me().head({ signal }), []);
  const [theirs, setTheirs] = useState("");
  const [answer, setAnswer] = useState<string | undefined>();
  const doing = useDoing();
  const compare = (event: Event): void => {
    event.preventDefault();
    setAnswer(undefined);
    void doing.run(async () => setAnswer(AGREED[(await me().compareHead(theirs.trim())).changes]));
  };
  return (
    <section class="card stack">
      <h2>Do all my devices see the same?</h2>
      <p class="muted">A dishonest server could show each of your devices another history. Take this word to another device, by another way than through the server, and compare it there.</p>
      {head.value !== undefined && <div class="row"><code class="grow" style={{ overflowWrap: "anywhere" }}>{head.value.text}</code><Copy text={head.value.text} what="Word" /></div>}
      {head.error !== undefined && <Trouble error={head.error} onRetry={head.reload} />}
      <form class="stack tight" onSubmit={compare}>
        <label for="theirs" class="strong">The word of the other device</label>
        <div class="row" style={{ flexWrap: "nowrap" }}>
          <input id="theirs" autocomplete="off" spellcheck={false} placeholder="pryv-head:…" value={theirs} onInput={(event) => setTheirs(event.currentTarget.value)} />
          <button type="submit" class="button" disabled={doing.busy || theirs.trim() === ""}>Compare</button>
        </div>
      </form>
      {answer !== undefined && <div class="notice" role="status"><Icon name="check" /><span>{answer}</span></div>}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
    </section>
  );
}
