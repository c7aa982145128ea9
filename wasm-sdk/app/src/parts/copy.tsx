/** A button that copies a text, and says so. */

import type { JSX } from "preact";
import { Icon } from "./icon.tsx";
import { say } from "./toast.tsx";

export function Copy({ text, what, label = "Copy" }: { text: string; what: string; label?: string }): JSX.Element {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      say(`${what} copied.`);
    } catch {
      say(`The browser did not allow copying. Select the text and copy it yourself.`);
    }
  };
  return <button type="button" class="button small" onClick={copy}><Icon name="copy" size={16} />{label}</button>;
}
