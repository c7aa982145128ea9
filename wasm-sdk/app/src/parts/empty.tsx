/** Nothing is there yet, and what to do about it. */

import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

export function Empty({ icon, title, children, action }: {
  icon: IconName;
  title: string;
  children: ComponentChildren;
  action?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} size={34} />
      <h2>{title}</h2>
      <p>{children}</p>
      {action !== undefined && <div class="row">{action}</div>}
    </div>
  );
}
