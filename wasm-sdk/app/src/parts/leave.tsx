/** Leaving: whoever holds an access, or is in a group, ends it from their side. */

import type { LeaveReceipt, ReceivedAccess } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changed, membershipOf } from "../holdings.ts";
import { keepReceipt } from "../receipts.ts";
import { Confirm } from "./confirm.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { ReceiptText } from "./receipt.tsx";
import { say } from "./toast.tsx";

/** The button that asks, does it, and shows the receipt. What a group received is left by leaving the group. */
export function Leave({ received, from }: {
  received: ReceivedAccess;
  /** Who shared it, if a name is known. */
  from: string | undefined;
}): JSX.Element {
  const [asking, setAsking] = useState(false);
  const [receipt, setReceipt] = useState<LeaveReceipt | undefined>();
  const group = received.throughGroup;
  const leave = async (): Promise<void> => {
    const made = await (group === undefined ? received : await membershipOf(group)).leave();
    setAsking(false);
    setReceipt(made);
    await keepReceipt(made).catch(() => say("You have left, but the receipt could not be kept. Save it now."));
  };
  const close = (): void => {
    setReceipt(undefined);
    changed();
  };
  const name = group === undefined ? "Leave" : "Leave the group";
  const giver = from ?? "whoever shared it";
  return (
    <>
      <button type="button" class="button small danger" onClick={() => setAsking(true)}><Icon name="close" size={16} />{name}</button>
      {asking && (
        <Confirm title={group === undefined ? `Leave “${received.access.name || "this"}”?` : "Leave this group?"} verb={name} onConfirm={leave} onClose={() => setAsking(false)}>
          {group === undefined
            ? <p>From now on you get nothing more of it, and can add nothing. Only {giver} can bring you back, by sharing it with you again.</p>
            : <p>From now on you get nothing more of all that is shared with this group. Only whoever keeps the group can bring you back.</p>}
          <p>{group !== undefined ? "Whoever keeps the group sees" : from === undefined ? "Whoever shared it sees" : `${from} sees`} that you left, and when. What you read and kept elsewhere stays with you: delete it there yourself.</p>
        </Confirm>
      )}
      {receipt !== undefined && (
        <Dialog title="You have left" onClose={close}>
          <ReceiptText receipt={receipt} checkable={false} />
          <div class="row end"><button type="button" class="button primary" onClick={close}>Done</button></div>
        </Dialog>
      )}
    </>
  );
}
