/** What others share with this person. */

import type { Membership, ReceivedAccess } from "@pryv/sdk";
import type { JSX } from "preact";
import { byGroup, changed, receivedAccesses, round } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Empty } from "../parts/empty.tsx";
import { Fingerprint } from "../parts/fingerprint.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Avatar, useNames } from "../parts/who.tsx";
import { to } from "../route.ts";
import { me } from "../session.ts";
import { LEVEL, statusOf, until } from "../words.ts";

export function Shared(): JSX.Element {
  const all = useLoad(receivedAccesses, [round.value]);
  return (
    <Page title="Shared with me" lead="What others let you see, or add to. They can end it at any time, and so can you.">
      <Invitations />
      <Load of={all} what="what is shared with you">
        {(list) => list.length === 0
          ? (
            <Empty icon="shared" title="Nothing is shared with you yet">
              Tell your username, <strong>{me().username}</strong>, to whoever wants to share something. They compare this fingerprint with you, to be sure that it is you.
            </Empty>
          )
          : <List all={list} />}
      </Load>
      {all.value?.length === 0 && <div class="card"><Fingerprint of={me().fingerprint} words={me().words} label="Your fingerprint" /></div>}
    </Page>
  );
}

/** Groups that somebody put this person into: nothing of them is opened before it is accepted. */
function Invitations(): JSX.Element | null {
  const found = useLoad(byGroup, [round.value]);
  const waiting = found.value?.notAccepted ?? [];
  const name = useNames(waiting.map(({ access }) => access.grantor));
  const doing = useDoing();
  if (waiting.length === 0) return null;
  const accept = (one: Membership): void => void doing.run(async () => { await one.received(); changed(); });
  return (
    <section class="stack">
      <h2>You were added to a group</h2>
      <ul class="card list">
        {waiting.map((one) => (
          <li key={one.access.id} class="item">
            <Avatar name={name(one.access.grantor)} />
            <span class="grow"><span class="strong">{one.access.name || "A group"}</span><br /><span class="muted small">by {name(one.access.grantor)}. What it is given is shown here once you accept.</span></span>
            <button type="button" class="button small primary" disabled={doing.busy} onClick={() => accept(one)}>Accept</button>
          </li>
        ))}
      </ul>
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
    </section>
  );
}

function List({ all }: { all: readonly ReceivedAccess[] }): JSX.Element {
  const name = useNames(all.map(({ access }) => access.grantor));
  const open = all.filter(({ access }) => access.status === "active" || access.status === "not-yet-valid");
  const over = all.filter((one) => !open.includes(one));
  const row = ({ access, throughGroup }: ReceivedAccess): JSX.Element => (
    <li key={access.id}>
      <a class="item" href={to("shared", access.id)}>
        <Avatar name={name(access.grantor)} />
        <span class="grow"><span class="strong">{access.name || "Unnamed"}</span><br /><span class="muted small">from {name(access.grantor)}{throughGroup !== undefined && " · through a group"} · {until(access, true)}</span></span>
        <span class="tag">{LEVEL[access.scopes[0]?.level ?? "read"].name}</span>
        <span class={`tag ${statusOf(access).look}`}>{statusOf(access).name}</span>
        <Icon name="forward" size={18} />
      </a>
    </li>
  );
  return (
    <div class="stack loose">
      {open.length > 0 && <ul class="card list">{open.map(row)}</ul>}
      {over.length > 0 && <section class="stack"><h2>Over</h2><ul class="card list">{over.map(row)}</ul></section>}
    </div>
  );
}
