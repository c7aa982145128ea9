/** Devices: those that have a key of their own, where the account is open, and whether all see the same history. */

import { PryvError, type Device, type Session } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Load, useDoing, useLoad } from "../load.tsx";
import { AddDevice } from "../parts/add-device.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Copy } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { PasswordField } from "../parts/password-field.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { me } from "../session.ts";
import { ago, when } from "../words.ts";

export function Devices(): JSX.Element {
  const found = useLoad((signal) => me().sessions({ signal }), []);
  const [ending, setEnding] = useState<Session | undefined>();
  return (
    <Page title="Devices" narrow back={[to("settings"), "Settings"]} lead="What opens your account, and where it is open now.">
      <Own />
      <Load of={found} what="your sessions">
        {(all) => (
          <section class="stack">
          <h2>Open now</h2>
          <p class="muted">If you do not recognise one, end it and change your password.</p>
          <ul class="card list">
            {all.map((one) => (
              <li key={one.session} class="item">
                <Icon name="devices" />
                <span class="grow"><span class="strong">{one.current ? "This page" : "Somewhere else"}</span><br />
                  <span class="muted small">opened {when(one.openedAt)} ({ago(one.openedAt)}) · valid until {when(one.expiresAt)}</span></span>
                {one.current ? <span class="tag good">Here</span> : <button type="button" class="button small danger" onClick={() => setEnding(one)}>End</button>}
              </li>
            ))}
          </ul>
          </section>
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

/** The devices that open the account by a key of their own. */
function Own(): JSX.Element {
  const found = useLoad((signal) => me().devices({ signal }), []);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Device | undefined>();
  // Asked for if it was changed elsewhere: the new keys are locked with it.
  const [password, setPassword] = useState<string | undefined>();
  const remove = async ({ id, name }: Device): Promise<void> => {
    try {
      if (password !== undefined) await me().confirmPassword(password);
      await me().revokeDevice(id);
    } catch (error) {
      if (error instanceof PryvError && error.code === "new-password") setPassword((typed) => typed ?? "");
      throw error;
    }
    setRemoving(undefined);
    setPassword(undefined);
    found.reload();
    say(`${name} is shut out.`);
  };
  return (
    <section class="stack">
      <div class="row between"><h2>Devices</h2><button type="button" class="button primary small" onClick={() => setAdding(true)}><Icon name="plus" size={18} />Add a device</button></div>
      <p class="muted">A device opens your account without your password, by a key that never leaves it. Remove one that you lost: it is shut out, and what you write from then on has new keys.</p>
      <Load of={found} what="your devices">
        {(all) => (
          <>
            {all.length > 0 && (
              <ul class="card list">
                {all.map((one) => (
                  <li key={one.id} class="item">
                    <Icon name="devices" />
                    <span class="grow"><span class="strong">{one.name === "" ? "A device without a name" : one.name}</span>{one.new && !one.current && <span class="tag warn">New here</span>}<br />
                      <span class="muted small">added {when(one.addedAt)} ({ago(one.addedAt)})</span></span>
                    {one.current ? <span class="tag good">Here</span> : <button type="button" class="button small danger" aria-label={`Remove ${one.name}`} onClick={() => setRemoving(one)}>Remove</button>}
                  </li>
                ))}
              </ul>
            )}
            {!all.some(({ current }) => current) && <KeepHere onKept={found.reload} />}
          </>
        )}
      </Load>
      {adding && <AddDevice onClose={() => setAdding(false)} onAdded={(name) => { setAdding(false); found.reload(); say(`${name} is now one of your devices.`); }} />}
      {removing !== undefined && (
        <Confirm title={`Remove ${removing.name}?`} verb="Remove it" onClose={() => { setRemoving(undefined); setPassword(undefined); }}
          onConfirm={() => remove(removing)}>
          <p>It is signed out, its key opens nothing any more, and everything of yours gets new keys. That can take a moment.</p>
          <p class="muted">What it kept on itself stays there: an account cannot reach into a device that is lost.</p>
          {password !== undefined && <PasswordField label="Your password, which was changed on another device" autocomplete="current-password" value={password} onChange={setPassword} />}
        </Confirm>
      )}
    </section>
  );
}

/** This browser is none of the devices: it can become one. */
function KeepHere({ onKept }: { onKept: () => void }): JSX.Element {
  const [name, setName] = useState("");
  const doing = useDoing();
  const keep = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      await me().addThisDevice(name.trim());
      onKept();
      say("This browser is now one of your devices.");
    });
  };
  return (
    <form class="card stack tight" onSubmit={keep}>
      <label for="here-name" class="strong">Make this browser one of them</label>
      <div class="row" style={{ flexWrap: "nowrap" }}>
        <input id="here-name" maxLength={60} autocomplete="off" placeholder="My laptop" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <button type="submit" class="button" disabled={doing.busy || name.trim() === ""}>{doing.busy && <span class="waiting" aria-hidden="true" />}Add it</button>
      </div>
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
    </form>
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
