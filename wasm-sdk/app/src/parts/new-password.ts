/** Whether a new password would be accepted, asked while the person types. */

import { PryvError } from "@pryv/sdk";
import { useEffect, useState } from "preact/hooks";
import { connected } from "../session.ts";

/** Why not, in words; `undefined` if it is accepted or too short to judge. */
export function useJudged(username: string, password: string): string | undefined {
  const [fault, setFault] = useState<string | undefined>();
  useEffect(() => {
    setFault(undefined);
    if (password === "") return;
    let gone = false;
    const timer = setTimeout(() => {
      connected().checkPassword(username, password).catch((error: unknown) => {
        if (!gone && error instanceof PryvError) setFault(innermost(error));
      });
    }, 400);
    return () => { gone = true; clearTimeout(timer); };
  }, [username, password]);
  return fault;
}

/** The reason stands at the end of the causes. */
function innermost(error: PryvError): string {
  let reason: Error = error;
  while (reason.cause instanceof Error) reason = reason.cause;
  const { message } = reason;
  return `${message[0]?.toUpperCase() ?? ""}${message.slice(1)}.`;
}
