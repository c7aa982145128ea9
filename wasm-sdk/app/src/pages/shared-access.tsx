/** One access that was received: who gave it, what it says, and the collections that it opens. */

import type { ReceivedAccess } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changed, receivedAccesses, round } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Icon } from "../parts/icon.tsx";
import { Leave } from "../parts/leave.tsx";
import { Page } from "../parts/page.tsx";
import { ReceiptCard } from "../parts/receipt.tsx";
import { saveFile } from "../parts/save-file.ts";
import { Trouble } from "../parts/trouble.tsx";
import { forgetNames, Who, useNames } from "../parts/who.tsx";
import { to } from "../route.ts";
import { me } from "../session.ts";
import { day, LEVEL, statusOf, until, wasLeft, when } from "../words.ts";

export function SharedAccess({ id }: { id: string }): JSX.Element {
  const found = useLoad(async () => (await receivedAccesses()).find(({ access }) => access.id === id), [id, round.value]);
  const name = useNames(found.value === undefined ? [] : [found.value.access.grantor]);
  const title = found.value?.access.name || "Shared with me";
  return (
    <Page title={title} narrow back={[to("shared"), "Shared with me"]} lead={found.value !== undefined && <>From {name(found.value.access.grantor)}, {until(found.value.access, true)}.</>}>
      <Load of={found} what="what is shared">{(received) => received === undefined ? <p>This was not shared with you.</p> : <Opened received={received} />}</Load>
    </Page>
  );
}

function Opened({ received }: { received: ReceivedAccess }): JSX.Element {
  const { access } = received;
  const live = access.status === "active";
  const giver = useLoad(() => me().usernameOf(access.grantor), [access.grantor, round.value]);
  return (
    <div class="stack">
      {!live && (
        <div class="notice warn"><Icon name="lock" /><span>{access.status === "not-yet-valid"
          ? `This begins on ${access.validFrom === undefined ? "a later day" : day(access.validFrom)}. It opens by itself then.`
          : wasLeft(access) ? "You left. What was shared is closed to you; ask for a new access if you need it again."
          : "This is over: you can read nothing more by it. If you still need it, ask for a new access."}</span></div>
      )}
      {wasLeft(access) && <ReceiptCard access={access.id} checkable={false} none="There is no receipt here: you left by another program, which kept it itself." />}
      {live && <Doors received={received} />}
      <Grantor id={access.grantor} />
      <section class="card stack">
        <h2>What was agreed</h2>
        <dl class="facts">
          <dt>From</dt><dd><Who id={access.grantor} /></dd>
          <dt>You may</dt><dd>{LEVEL[access.scopes[0]?.level ?? "read"].name}</dd>
          <dt>Purpose</dt><dd>{access.purpose || "Not said"}</dd>
          <dt>Given on</dt><dd>{when(access.signedAt)}</dd>
          <dt>Until</dt><dd>{access.validUntil === undefined ? "They end it" : when(access.validUntil)}</dd>
          <dt>State</dt><dd><span class={`tag ${statusOf(access).look}`}>{statusOf(access).name}</span></dd>
        </dl>
        <div class="row">
          <button type="button" class="button small" onClick={() => saveFile("access.json", JSON.stringify({ access: access.id, signedAt: access.signedAt, statement: btoa(String.fromCharCode(...access.statement)) }, null, 2), "application/json")}><Icon name="download" size={16} />Save the signed grant</button>
          {live && <Leave received={received} from={giver.value} />}
        </div>
      </section>
    </div>
  );
}

/** Asks who gave this, if no name is known: an access names its giver by key, and a name that is typed is held against it. */
function Grantor({ id }: { id: string }): JSX.Element | null {
  const known = useLoad(() => me().usernameOf(id), [id]);
  const [username, setUsername] = useState("");
  const [other, setOther] = useState(false);
  const doing = useDoing();
  if (known.loading || known.value !== undefined) return null;
  const look = (event: Event): void => {
    event.preventDefault();
    setOther(false);
    void doing.run(async () => {
      const found = await me().find(username.trim().toLowerCase());
      if (found.id !== id) return setOther(true);
      forgetNames();
      changed();
    });
  };
  return (
    <form class="card stack tight" onSubmit={look}>
      <label for="giver" class="strong">Who gave you this?</label>
      <p class="muted small">You know them by their key only. Type the username that they told you: it is compared with the key.</p>
      <div class="row" style={{ flexWrap: "nowrap" }}>
        <input id="giver" autocomplete="off" autocapitalize="none" spellcheck={false} value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
        <button type="submit" class="button" disabled={doing.busy || username.trim() === ""}>Compare</button>
      </div>
      {other && <p class="fault" role="alert">This was given by somebody else than {username.trim()}. Ask whoever told you about it.</p>}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
    </form>
  );
}

function Doors({ received }: { received: ReceivedAccess }): JSX.Element {
  const { access } = received;
  const collections = useLoad(() => received.collections(), [access.id]);
  if (collections.error !== undefined) return <Trouble error={collections.error} onRetry={collections.reload} />;
  return (
    <Load of={collections} what="its collections">
      {(list) => (
        <ul class="card list">
          {list.map((one) => (
            <li key={one.scope}>
              <a class="item" href={to("s", access.id, one.scope)}>
                <Icon name="data" /><span class="grow strong">{one.title}</span>
                <span class="tag">{LEVEL[one.level ?? "read"].name}</span><Icon name="forward" size={18} />
              </a>
            </li>
          ))}
        </ul>
      )}
    </Load>
  );
}
