/** One access that this person gave: what it allows, what was done with it, how to end it, and the receipt afterwards. */

import { PryvError, type Access, type GrantedAccess, type Receipt } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { allCollections, changed, round, vocabularies } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { ReceiptCard, ReceiptText } from "../parts/receipt.tsx";
import { saveFile } from "../parts/save-file.ts";
import { termName } from "../parts/term-picker.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Who, useNames } from "../parts/who.tsx";
import { keepReceipt } from "../receipts.ts";
import { to } from "../route.ts";
import { me } from "../session.ts";
import { CAN, count, LEVEL, statusOf, until, wasLeft, when } from "../words.ts";
import { everyAccess } from "./accesses.tsx";

export function AccessPage({ id }: { id: string }): JSX.Element {
  const found = useLoad(async () => {
    const [all, own, words] = await Promise.all([everyAccess(), allCollections(), vocabularies().catch(() => [])]);
    const one = all.find(({ access }) => access.id === id);
    const titles = new Map(own.map(({ scope, title }) => [scope, title]));
    return one && { ...one, words: one.access.scopes.map(({ scope, slice, level }) => {
      const where = slice?.data === undefined || slice.data === "none" || slice.data === "every" ? "" : ` in ${slice.data.map((at) => `“${titles.get(at) ?? "a collection"}”`).join(", ")}`;
      const what = slice === undefined ? `“${titles.get(scope) ?? "a collection"}”` : slice.term === undefined ? "all labels" : `what is labelled “${termName(words, { ontology: slice.ontology, term: slice.term })}”${where}`;
      return { what, level };
    }) };
  }, [id, round.value]);
  const name = useNames(found.value === undefined ? [] : [found.value.access.grantee]);
  const who = found.value === undefined ? "" : found.value.link ? "Whoever has the link" : name(found.value.access.grantee);
  return (
    <Page title={found.value === undefined ? "Access" : who} narrow back={[to("access"), "Who has access"]}
      lead={found.value !== undefined && <>{found.value.access.status === "active" ? "Can" : "Could"} {found.value.words.map(({ what, level }) => `${CAN[level]} ${what}`).join(", and ")}, {until(found.value.access)}.</>}>
      <Load of={found} what="the access">
        {(value) => value === undefined ? <p>There is no such access.</p> : <Detail key={value.access.status} access={value.access} who={who} />}
      </Load>
    </Page>
  );
}

function Detail({ access, who }: { access: GrantedAccess; who: string }): JSX.Element {
  const [ending, setEnding] = useState(false);
  const live = access.status === "active" || access.status === "not-yet-valid";
  const reads = access.scopes.some(({ level }) => level !== "create-only");
  return (
    <div class="stack">
      {access.status === "revoked" && (wasLeft(access)
        ? <div class="notice" role="note"><Icon name="close" /><span><strong>Left by the grantee.</strong> {who} ended this access{access.revokedAt !== undefined && ` on ${when(access.revokedAt)}`}, not you. The server gives nothing by it any longer, and this application makes new keys for what you write when it next starts.</span></div>
        : <ReceiptCard access={access.id} none="There is no receipt here: it was ended by another program, which kept it itself." />)}
      <section class="card stack">
        <dl class="facts">
          <dt>State</dt><dd><span class={`tag ${statusOf(access).look}`}>{statusOf(access).name}</span></dd>
          <dt>May</dt><dd>{LEVEL[access.scopes[0]?.level ?? "read"].name}: {LEVEL[access.scopes[0]?.level ?? "read"].hint}</dd>
          <dt>Purpose</dt><dd>{access.purpose || "Not said"}</dd>
          <dt>Given</dt><dd>{when(access.signedAt)} by <Who id={access.grantor} /></dd>
          <dt>Until</dt><dd>{access.validUntil === undefined ? "You end it" : when(access.validUntil)}</dd>
          {access.uses !== undefined && <><dt>Opened</dt><dd>{count(access.uses, "time")}{access.maxUses !== undefined && ` of ${access.maxUses}`}, as the server counts</dd></>}
          {reads && <><dt>Keys</dt><dd>{served(access, who)}</dd></>}
        </dl>
        <div class="row">
          <a class="button" href={`${to("activity")}?${access.id}`}><Icon name="activity" />What was read</a>
          <button type="button" class="button" onClick={() => saveFile("access.json", JSON.stringify({ access: access.id, statement: base64(access.statement), ...(access.revocation && { revocation: base64(access.revocation) }) }, null, 2), "application/json")}><Icon name="download" />Save the signed grant</button>
          {live && <button type="button" class="button danger" onClick={() => setEnding(true)}><Icon name="close" />End this access</button>}
        </div>
      </section>
      {ending && <End access={access} who={who} onClose={() => setEnding(false)} />}
    </div>
  );
}

/** What the server says of keys that were handed out. */
function served({ served }: GrantedAccess, who: string): string {
  const first = served.map(({ firstAt }) => firstAt).sort((a, b) => a.getTime() - b.getTime())[0];
  const last = served.map(({ lastAt }) => lastAt).sort((a, b) => b.getTime() - a.getTime())[0];
  if (first === undefined || last === undefined) return `The server says that ${who} has not fetched them yet.`;
  return `The server says that ${who} first fetched them on ${when(first)}${first.getTime() === last.getTime() ? "" : `, and last on ${when(last)}`}.`;
}

function End({ access, who, onClose }: { access: GrantedAccess; who: string; onClose: () => void }): JSX.Element {
  const [below, setBelow] = useState<readonly Access[] | undefined>();
  const [receipt, setReceipt] = useState<Receipt | undefined>();
  const doing = useDoing();
  const end = (onwards?: "cascade" | "adopt"): Promise<void> => doing.run(async () => {
    try {
      const made = await me().revoke(access.id, onwards === undefined ? {} : { onwards });
      setReceipt(made);
      await keepReceipt(made).catch(() => say("The access has ended, but its receipt could not be kept. Save it now."));
    } catch (error) {
      if (!(error instanceof PryvError && error.code === "granted-onwards")) throw error;
      setBelow(error.details.accesses ?? []);
    }
  });
  const close = (): void => { if (receipt !== undefined) changed(); onClose(); };
  if (receipt !== undefined) {
    return (
      <Dialog title="This access has ended" onClose={close}>
        <ReceiptText receipt={receipt} />
        <div class="row end"><button type="button" class="button primary" onClick={close}>Done</button></div>
      </Dialog>
    );
  }
  return (
    <Dialog title={`End the access of ${who}?`} onClose={onClose} locked={doing.busy}>
      {below === undefined
        ? <>
          <p>From now on {who} gets nothing more: no new records, no old ones, no keys. Everything is locked anew for those who remain.</p>
          <p>What was read before cannot be taken back: nobody can make another person forget. You get a receipt that says what was achieved and what was not.</p>
        </>
        : <>
          <p>{who} shared this onwards with {count(below.length, "other", "others")}:</p>
          <ul class="stack tight">{below.map((one) => <li key={one.id} class="row"><Icon name="shared" size={18} /><Who id={one.grantee} /><span class="muted">{one.name} · {until(one)}</span></li>)}</ul>
          <p>What should become of it?</p>
        </>}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      {doing.busy && <p class="row" role="status"><span class="waiting" aria-hidden="true" />Making new keys…</p>}
      <div class="row end">
        <button type="button" class="button" disabled={doing.busy} onClick={onClose}>Cancel</button>
        {below === undefined
          ? <button type="button" class="button danger" disabled={doing.busy} onClick={() => end()}>End it</button>
          : <>
            <button type="button" class="button" disabled={doing.busy} onClick={() => end("adopt")}>Keep theirs, as mine</button>
            <button type="button" class="button danger" disabled={doing.busy} onClick={() => end("cascade")}>End them all</button>
          </>}
      </div>
    </Dialog>
  );
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
