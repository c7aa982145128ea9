/** Labels: trees of terms that records are put under, and that can be shared as a whole. */

import type { Term } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changed, round, vocabularies, type Vocabulary } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { me } from "../session.ts";

type Asked = { readonly kind: "add"; readonly under?: Term } | { readonly kind: "rename"; readonly term: Term } | { readonly kind: "delete"; readonly term: Term };

export function TermsPage(): JSX.Element {
  const all = useLoad(vocabularies, [round.value]);
  return (
    <Page title="Labels" narrow back={[to(), "My data"]} lead="Put records under labels, such as “Heart” or “Study 12”, and share a label instead of a whole collection. The server never sees what they are called.">
      <Load of={all} what="your labels">
        {(list) => list.length === 0 || list.every(({ terms }) => terms.size === 0)
          ? <First vocabulary={list[0]} />
          : <div class="stack loose">{list.map((one) => <Tree key={one.ontology.scope} vocabulary={one} title={list.length > 1} />)}</div>}
      </Load>
    </Page>
  );
}

function First({ vocabulary }: { vocabulary: Vocabulary | undefined }): JSX.Element {
  const [asked, ask] = useState(false);
  return (
    <>
      <Empty icon="tag" title="No labels yet" action={<button type="button" class="button primary" onClick={() => ask(true)}><Icon name="plus" />First label</button>}>
        A label can have others under it: “Heart” with “Blood pressure” and “Rhythm”. Whoever may read “Heart” reads them all.
      </Empty>
      {asked && <Naming title="A new label" verb="Add it" start="" onClose={() => ask(false)}
        onName={async (label) => { await (vocabulary?.ontology ?? await me().streams()).create(label); changed(); }} />}
    </>
  );
}

function Tree({ vocabulary, title }: { vocabulary: Vocabulary; title: boolean }): JSX.Element {
  const [asked, ask] = useState<Asked | undefined>();
  const doing = useDoing();
  const { ontology, terms } = vocabulary;
  const close = (): void => ask(undefined);
  const away = (term: Term): void => void doing.run(async () => {
    const trashed = await ontology.trash(term);
    changed();
    say(`“${term.label}” was put away.`, () => void ontology.restore(trashed).then(changed, () => say("It could not be brought back. It is under “Put away”.")));
  });
  const back = (term: Term): void => void doing.run(async () => {
    await ontology.restore(term);
    changed();
  });
  const put = [...terms].filter(({ trashed, merged }) => trashed && !merged);
  const branch = (list: readonly Term[]): JSX.Element => (
    <ul>
      {list.filter(({ trashed }) => !trashed).map((term) => (
        <li key={term.id}>
          <div class="node">
            <Icon name="tag" size={16} /><span class="strong">{term.label === "" ? "(unreadable)" : term.label}</span>
            {term.codes.map(({ code, display }) => <span key={code} class="tag" title={display}>{code}</span>)}
            <span class="row" style={{ gap: 0, marginLeft: "auto" }}>
              <button type="button" class="button quiet icon small" aria-label={`Add a label under ${term.label}`} onClick={() => ask({ kind: "add", under: term })}><Icon name="plus" size={18} /></button>
              <button type="button" class="button quiet icon small" aria-label={`Rename ${term.label}`} onClick={() => ask({ kind: "rename", term })}><Icon name="edit" size={18} /></button>
              <button type="button" class="button quiet icon small" aria-label={`Put ${term.label} away`} disabled={doing.busy} onClick={() => away(term)}><Icon name="trash" size={18} /></button>
            </span>
          </div>
          {terms.children(term.id).length > 0 && branch(terms.children(term.id))}
        </li>
      ))}
    </ul>
  );
  return (
    <section class="card stack">
      <div class="row between">
        <h2>{title ? ontology.definition.title : "Your labels"}</h2>
        <button type="button" class="button small" onClick={() => ask({ kind: "add" })}><Icon name="plus" size={16} />New label</button>
      </div>
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      <div class="tree">{branch(terms.roots())}</div>
      {put.length > 0 && (
        <details>
          <summary>Put away ({put.length})</summary>
          <ul>
            {put.map((term) => (
              <li key={term.id} class="row between" style={{ padding: "0.3rem 0" }}>
                <span class="muted">{term.label}</span>
                <span class="row">
                  <button type="button" class="button small" disabled={doing.busy} onClick={() => back(term)}>Bring back</button>
                  <button type="button" class="button small danger" onClick={() => ask({ kind: "delete", term })}>Delete</button>
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {asked?.kind === "add" && <Naming title={asked.under === undefined ? "A new label" : `A label under “${asked.under.label}”`} verb="Add it" start="" onClose={close}
        onName={async (label) => { await ontology.create(label, asked.under); changed(); }} />}
      {asked?.kind === "rename" && <Naming title={`Rename “${asked.term.label}”`} verb="Rename it" start={asked.term.label} onClose={close}
        onName={async (label) => { await ontology.rename(asked.term, label); changed(); }} />}
      {asked?.kind === "delete" && (
        <Confirm title={`Delete “${asked.term.label}”?`} verb="Delete it" onClose={close} onConfirm={async () => { await ontology.delete(asked.term); changed(); close(); }}>
          <p>This works only if no record carries it and no label is under it. It cannot be undone.</p>
        </Confirm>
      )}
    </section>
  );
}

function Naming({ title, verb, start, onName, onClose }: {
  title: string; verb: string; start: string; onName: (label: string) => Promise<void>; onClose: () => void;
}): JSX.Element {
  const [label, setLabel] = useState(start);
  const doing = useDoing();
  return (
    <Dialog title={title} onClose={onClose} locked={doing.busy}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void doing.run(async () => { await onName(label.trim()); onClose(); }); }}>
        <div class="field"><label for="label-name">Name</label><input id="label-name" required maxLength={120} value={label} onInput={(event) => setLabel(event.currentTarget.value)} /></div>
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="button primary" disabled={doing.busy || label.trim() === "" || label.trim() === start}>{doing.busy && <span class="waiting" aria-hidden="true" />}{verb}</button>
        </div>
      </form>
    </Dialog>
  );
}
