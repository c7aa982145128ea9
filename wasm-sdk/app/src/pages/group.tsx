/** One group: who is in it, and the word by which others share with it. */

import type { Access, Contact, Group } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { groups, round } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Copy } from "../parts/copy.tsx";
import { FindPerson } from "../parts/find-person.tsx";
import { Page } from "../parts/page.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Avatar, useNames } from "../parts/who.tsx";
import { to } from "../route.ts";
import { when } from "../words.ts";

export function GroupPage({ id }: { id: string }): JSX.Element {
  const found = useLoad(async () => (await groups()).find((one) => one.id === id), [id, round.value]);
  return (
    <Page title={found.value?.title ?? "Group"} narrow back={[to("groups"), "Groups"]} lead="Its members read what is shared with it. Whoever leaves reads nothing new.">
      <Load of={found} what="the group">{(group) => group === undefined ? <p>There is no such group of yours.</p> : <Opened group={group} />}</Load>
    </Page>
  );
}

function Opened({ group }: { group: Group }): JSX.Element {
  const members = useLoad((signal) => group.members({ signal }), [group.id]);
  const name = useNames(members.value?.map(({ grantee }) => grantee) ?? []);
  const [removing, setRemoving] = useState<Access | undefined>();
  return (
    <>
      <Load of={members} what="its members">
        {(all) => all.length === 0
          ? <p class="muted">Nobody is in it yet.</p>
          : (
            <ul class="card list">
              {all.map((one) => (
                <li key={one.id} class="item">
                  <Avatar name={name(one.grantee)} />
                  <span class="grow"><span class="strong">{name(one.grantee)}</span><br /><span class="muted small">since {when(one.signedAt)}</span></span>
                  <button type="button" class="button small danger" aria-label={`Remove ${name(one.grantee)}`} onClick={() => setRemoving(one)}>Remove</button>
                </li>
              ))}
            </ul>
          )}
      </Load>
      <Add group={group} onAdded={members.reload} />
      <section class="card stack">
        <h2>The word of this group</h2>
        <p class="muted">Somebody else shares with this group by this word. It opens nothing by itself.</p>
        <code style={{ overflowWrap: "anywhere" }}>{group.id}</code>
        <div><Copy text={group.id} what="Word" /></div>
      </section>
      {removing !== undefined && (
        <Confirm title={`Remove ${name(removing.grantee)}?`} verb="Remove them" onClose={() => setRemoving(undefined)}
          onConfirm={async () => { await group.remove(removing.grantee); setRemoving(undefined); members.reload(); say("The group has new keys."); }}>
          <p>They read nothing new of what is shared with this group. What they read before they may have kept.</p>
        </Confirm>
      )}
    </>
  );
}

function Add({ group, onAdded }: { group: Group; onAdded: () => void }): JSX.Element {
  const [contact, setContact] = useState<Contact | undefined>();
  const doing = useDoing();
  const add = (who: Contact): void => void doing.run(async () => {
    await group.add(who);
    setContact(undefined);
    onAdded();
    say(`${who.username} is in the group.`);
  });
  return (
    <section class="card stack">
      <h2>Add somebody</h2>
      <FindPerson contact={contact} onFound={setContact} label="Whom?" />
      {contact !== undefined && <div><button type="button" class="button primary" disabled={doing.busy} onClick={() => add(contact)}>{doing.busy && <span class="waiting" aria-hidden="true" />}Add {contact.username}</button></div>}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
    </section>
  );
}
