/** A link that somebody sent: opened with or without an account. */

import type { LinkInfo, OpenedLink } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { forget } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { PasswordField } from "../parts/password-field.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { arrivedBy, to, toPlace } from "../route.ts";
import { connected, link } from "../session.ts";
import { LEVEL, until } from "../words.ts";

export function LinkPage(): JSX.Element {
  if (link.value !== undefined) return <Opened opened={link.value} />;
  if (arrivedBy.value === undefined) {
    return (
      <Page title="A shared link" narrow>
        <Empty icon="link" title="No link is open" action={<a class="button" href={to()}>Go to the start</a>}>Open the link again from the message that you got it in. Its key is never kept, so loading this page again closes it.</Empty>
      </Page>
    );
  }
  return <Door text={arrivedBy.value} />;
}

function Door({ text }: { text: string }): JSX.Element {
  const info = useLoad(() => connected().parseLink(text), [text]);
  return <Page title="Something was shared with you" narrow><Load of={info} what="the link">{(known) => <Ask text={text} info={known} />}</Load></Page>;
}

function Ask({ text, info }: { text: string; info: LinkInfo }): JSX.Element {
  const [password, setPassword] = useState("");
  const doing = useDoing();
  const open = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      const opened = await connected().openLink(text, info.needsPassword ? password : undefined);
      forget();
      arrivedBy.value = undefined;
      link.value = opened;
    });
  };
  return (
    <form class="card stack" onSubmit={open}>
      <p>Somebody sent you a link to a part of their data. It is opened on this device: the key is in the link, and the server never gets it.</p>
      {info.needsPassword && <PasswordField label="Password of the link" autocomplete="off" value={password} onChange={setPassword} hint="Whoever sent the link tells it to you by another way." />}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      <div><button type="submit" class="button primary" disabled={doing.busy || (info.needsPassword && password === "")}>{doing.busy && <span class="waiting" aria-hidden="true" />}Open it</button></div>
      <p class="muted small">Each opening is counted and can be seen by whoever sent it.</p>
    </form>
  );
}

function Opened({ opened }: { opened: OpenedLink }): JSX.Element {
  const { access } = opened;
  const found = useLoad(() => opened.collections(), [access.id]);
  const closing = useDoing();
  return (
    <Page title={access.name || "Shared with you"} narrow lead={`By link, ${until(access)}.`}
      actions={<button type="button" class="button" disabled={closing.busy} onClick={() => closing.run(async () => { await opened.close(); link.value = undefined; forget(); })}>Close it</button>}>
      {closing.error !== undefined && <Trouble error={closing.error} focus />}
      {access.purpose !== "" && <p>Purpose: {access.purpose}</p>}
      <Load of={found} what="what was shared">
        {(list) => (
          <ul class="card list">
            {list.map((one) => (
              <li key={one.scope}>
                <a class="item" href={toPlace({ by: "link", scope: one.scope })}><Icon name="data" /><span class="grow strong">{one.title}</span><span class="tag">{LEVEL[one.level ?? "read"].name}</span><Icon name="forward" size={18} /></a>
              </li>
            ))}
          </ul>
        )}
      </Load>
    </Page>
  );
}
