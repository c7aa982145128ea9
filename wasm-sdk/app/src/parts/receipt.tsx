/** The receipt of an access that ended: in plain words, to be kept and checked. */

import type { JSX } from "preact";
import { allCollections } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { receiptOf, type KeptReceipt } from "../receipts.ts";
import { me } from "../session.ts";
import { Icon } from "./icon.tsx";
import { saveFile } from "./save-file.ts";
import { say } from "./toast.tsx";
import { Trouble } from "./trouble.tsx";

/** A receipt. One that is `checkable` is held against what the server says now. */
export function ReceiptText({ receipt, checkable = true }: { receipt: Pick<KeptReceipt, "text" | "json">; checkable?: boolean }): JSX.Element {
  const doing = useDoing();
  // A receipt names collections by their ids: a person knows them by title.
  const own = useLoad(allCollections, []);
  const text = (own.value ?? []).reduce((words, { scope, title }) => words.replaceAll(scope, `“${title}”`), receipt.text);
  return (
    <div class="stack">
      <p class="receipt">{text}</p>
      <div class="row">
        {checkable && (
          <button type="button" class="button small" disabled={doing.busy} onClick={() => doing.run(async () => { await me().verifyReceipt(receipt.json); say("The server still stands by this receipt."); })}>
            {doing.busy ? <span class="waiting" aria-hidden="true" /> : <Icon name="check" size={16} />}Check it with the server
          </button>
        )}
        <button type="button" class="button small" onClick={() => saveFile("receipt.json", receipt.json, "application/json")}><Icon name="download" size={16} />Save it</button>
      </div>
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
    </div>
  );
}

/** The receipt that was kept of an access; `none` where there is none. */
export function ReceiptCard({ access, none, checkable = true }: { access: string; none: string; checkable?: boolean }): JSX.Element {
  const found = useLoad(() => receiptOf(access), [access]);
  return (
    <section class="card stack">
      <h2>Receipt</h2>
      <Load of={found} what="the receipt">
        {(kept) => kept === undefined ? <p class="muted">{none}</p> : <ReceiptText receipt={kept} checkable={checkable} />}
      </Load>
    </section>
  );
}
