/** Who has access to this person's data: people and links, those that are over included. */

import type { GrantedAccess } from "@pryv/sdk";
import type { JSX } from "preact";
import { allCollections, isMembership, round } from "../holdings.ts";
import { Load, useLoad } from "../load.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { Avatar, useNames } from "../parts/who.tsx";
import { to } from "../route.ts";
import { me } from "../session.ts";
import { ago, CAN, statusOf, until } from "../words.ts";

/** People's accesses and links, the newest first, and which of them are links. */
export async function everyAccess(): Promise<{ readonly access: GrantedAccess; readonly link: boolean }[]> {
  const [granted, links] = await Promise.all([me().granted(), me().links()]);
  const byLink = new Set(links.map(({ id }) => id));
  return [...granted.filter((one) => !byLink.has(one.id) && !isMembership(one)).map((access) => ({ access, link: false })), ...links.map((access) => ({ access, link: true }))]
    .sort((a, b) => b.access.signedAt.getTime() - a.access.signedAt.getTime());
}

export function Accesses(): JSX.Element {
  const found = useLoad(async () => ({ all: await everyAccess(), own: await allCollections() }), [round.value]);
  const name = useNames(found.value?.all.map(({ access }) => access.grantee) ?? []);
  return (
    <Page title="Who has access" lead="Everybody who can read or add to your data, and until when. Nobody else can, and the server cannot either.">
      <ul class="card list"><li><a class="item" href={to("groups")}><Icon name="shared" /><span class="grow strong">My groups</span><Icon name="forward" size={18} /></a></li></ul>
      <Load of={found} what="your accesses">
        {({ all, own }) => {
          if (all.length === 0) {
            return <Empty icon="key" title="Only you" action={<a class="button primary" href={to()}>Go to my data</a>}>You share nothing with anybody. To share something, open a collection and choose “Share”.</Empty>;
          }
          const titles = new Map(own.map(({ scope, title }) => [scope, title]));
          const live = all.filter(({ access }) => access.status === "active" || access.status === "not-yet-valid");
          const row = ({ access, link }: { access: GrantedAccess; link: boolean }): JSX.Element => {
            const first = access.scopes[0];
            const what = first === undefined ? access.name : titles.get(first.scope) ?? (access.name || "a label");
            const who = link ? "Whoever has the link" : name(access.grantee);
            const last = access.served.reduce<Date | undefined>((latest, { lastAt }) => (latest === undefined || lastAt > latest ? lastAt : latest), undefined);
            return (
              <li key={access.id}>
                <a class="item" href={to("access", access.id)}>
                  {link ? <span class="avatar"><Icon name="link" size={18} /></span> : <Avatar name={who} />}
                  <span class="grow">
                    <span><strong>{who}</strong> {access.status === "active" ? "can" : "could"} {CAN[first?.level ?? "read"]} <strong>{what}</strong></span><br />
                    <span class="muted small">{until(access)}{access.purpose !== "" && ` · ${access.purpose}`} · {last === undefined ? "not opened yet" : `keys fetched ${ago(last)}`}</span>
                  </span>
                  <span class={`tag ${statusOf(access).look}`}>{statusOf(access).name}</span>
                  <Icon name="forward" size={18} />
                </a>
              </li>
            );
          };
          const over = all.filter((one) => !live.includes(one));
          return (
            <div class="stack loose">
              {live.length > 0 ? <ul class="card list">{live.map(row)}</ul> : <p class="muted">Nobody but you has access now.</p>}
              {over.length > 0 && <section class="stack"><h2>Over</h2><ul class="card list">{over.map(row)}</ul></section>}
            </div>
          );
        }}
      </Load>
    </Page>
  );
}
