/** A page: its heading takes the keyboard when one arrives, so that a screen reader says where one is. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

export function Page({ title, lead, back, actions, narrow = false, children }: {
  title: string;
  lead?: ComponentChildren;
  /** Where one came from: address and name. */
  back?: readonly [address: string, name: string] | undefined;
  actions?: ComponentChildren;
  narrow?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Pryv`;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title]);
  return (
    <div class={`page appear ${narrow ? "narrow" : ""}`}>
      <header>
        <div class="grow">
          {back !== undefined && <a class="back" href={back[0]}><Icon name="back" size={16} />{back[1]}</a>}
          <h1 tabIndex={-1} ref={heading}>{title}</h1>
          {lead !== undefined && <p>{lead}</p>}
        </div>
        {actions !== undefined && <div class="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
