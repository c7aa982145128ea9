/** The frame: what is shown for which address, to whom. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Avatar } from "./parts/who.tsx";
import { Icon, type IconName } from "./parts/icon.tsx";
import { Toasts } from "./parts/toast.tsx";
import { Trouble } from "./parts/trouble.tsx";
import { AccessPage } from "./pages/access.tsx";
import { Accesses } from "./pages/accesses.tsx";
import { Activity } from "./pages/activity.tsx";
import { Add } from "./pages/add.tsx";
import { CollectionPage } from "./pages/collection.tsx";
import { Devices } from "./pages/devices.tsx";
import { Gate } from "./pages/gate.tsx";
import { GroupPage } from "./pages/group.tsx";
import { Groups } from "./pages/groups.tsx";
import { Home } from "./pages/home.tsx";
import { Import } from "./pages/import.tsx";
import { LinkPage } from "./pages/link.tsx";
import { NewCollection } from "./pages/new-collection.tsx";
import { RecordPage } from "./pages/record.tsx";
import { Settings } from "./pages/settings.tsx";
import { Shared } from "./pages/shared.tsx";
import { SharedAccess } from "./pages/shared-access.tsx";
import { TermsPage } from "./pages/terms.tsx";
import { Page } from "./parts/page.tsx";
import { Empty } from "./parts/empty.tsx";
import { path, to } from "./route.ts";
import { account, broken, kept, link, phase, start } from "./session.ts";

const NAV: readonly (readonly [path: string, name: string, short: string, icon: IconName])[] = [
  ["", "My data", "Data", "data"],
  ["shared", "Shared with me", "Shared", "shared"],
  ["access", "Who has access", "Access", "key"],
  ["activity", "Activity", "Activity", "activity"],
  ["settings", "Settings", "Settings", "settings"],
];
/** Which entry a page belongs to. */
const UNDER: { readonly [first: string]: string } = { c: "", new: "", terms: "", s: "shared", devices: "settings", groups: "access" };

export function App(): JSX.Element {
  if (phase.value === "starting") {
    return <p class="gate-wait" role="status"><span class="waiting" aria-hidden="true" /> <span>Opening…</span></p>;
  }
  if (phase.value === "broken") {
    return <main class="main"><div class="page narrow"><h1>Pryv could not start</h1><Trouble error={broken.value} onRetry={() => void start()} /></div></main>;
  }
  const first = path.value[0] ?? "";
  const byLink = first === "link" || (first === "s" && path.value[1] === "link");
  if (account.value === undefined && !byLink) return <><Gate /><Toasts /></>;
  return (
    <div class={account.value === undefined ? "" : "shell"}>
      <a class="skip button primary" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to the page</a>
      {account.value !== undefined && <Side first={first} />}
      <main class="main" id="main" tabIndex={-1}>
        <Offline />
        <Content key={account.value?.id ?? link.value?.access.id} />
      </main>
      <Toasts />
    </div>
  );
}

function Side({ first }: { first: string }): JSX.Element {
  const at = UNDER[first] ?? first;
  const { username = "" } = account.value ?? {};
  return (
    <header class="side">
      <a class="brand" href={to()}><img src="./icon.svg" width={32} height={32} alt="" />Pryv</a>
      <nav aria-label="Main">
        <ul>
          {NAV.map(([name, title, short, icon]) => (
            <li key={name}><a href={to(...(name === "" ? [] : [name]))} aria-current={at === name ? "page" : undefined}><Icon name={icon} /><span class="long">{title}</span><span class="short">{short}</span></a></li>
          ))}
        </ul>
      </nav>
      <a class="me" href={to("settings")}>
        <Avatar name={username} />
        <span class="grow"><span class="strong">{username}</span><br /><span class="muted small">{kept.value?.stored === true ? "On this device" : "Until you close this page"}</span></span>
      </a>
    </header>
  );
}

function Offline(): JSX.Element | null {
  const [offline, set] = useState(!navigator.onLine);
  useEffect(() => {
    const look = (): void => set(!navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return offline
    ? <div class="notice warn" role="status" style={{ marginBottom: "1.25rem" }}><Icon name="offline" /><span>You are offline. What is open stays readable; changes wait until you are back and try again.</span></div>
    : null;
}

function Content(): JSX.Element {
  const [first, second, ...rest] = path.value;
  switch (first) {
    case undefined: return <Home />;
    case "new": return <NewCollection />;
    case "c": return second === undefined ? <Lost /> : <InPlace by={undefined} scope={second} rest={rest} />;
    case "s": {
      const [scope, ...more] = rest;
      return second === undefined || scope === undefined ? <Lost /> : <InPlace by={second} scope={scope} rest={more} />;
    }
    case "terms": return <TermsPage />;
    case "shared": return second === undefined ? <Shared /> : <SharedAccess id={second} />;
    case "access": return second === undefined ? <Accesses /> : <AccessPage id={second} />;
    case "groups": return second === undefined ? <Groups /> : <GroupPage id={second} />;
    case "activity": return <Activity />;
    case "devices": return <Devices />;
    case "settings": return <Settings />;
    case "link": return <LinkPage />;
    case "sign-in": case "sign-up": case "recover": case "join": return <Home />;
    default: return <Lost />;
  }
}

function InPlace({ by, scope, rest: [page, record] }: { by: string | undefined; scope: string; rest: readonly string[] }): JSX.Element {
  const place = { by, scope };
  switch (page) {
    case undefined: return <CollectionPage key={`${by}/${scope}`} place={place} />;
    case "add": return <Add place={place} />;
    case "import": return <Import place={place} />;
    case "r": return record === undefined ? <Lost /> : <RecordPage key={record} place={place} id={record} />;
    default: return <Lost />;
  }
}

function Lost(): JSX.Element {
  return (
    <Page title="There is no such page" narrow>
      <Empty icon="search" title="Nothing is here" action={<a class="button primary" href={to()}>Go to my data</a>}>
        The address may have been cut off, or what it led to is gone.
      </Empty>
    </Page>
  );
}
