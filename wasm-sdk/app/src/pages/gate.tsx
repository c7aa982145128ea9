/** Before one is signed in: what this is, and the doors. */

import type { JSX } from "preact";
import { Icon } from "../parts/icon.tsx";
import { path } from "../route.ts";
import { Join } from "./join.tsx";
import { Recover } from "./recover.tsx";
import { SignIn } from "./sign-in.tsx";
import { SignUp } from "./sign-up.tsx";

export function Gate(): JSX.Element {
  const door = path.value[0];
  return (
    <div class="gate">
      <header class="promise">
        <span class="brand"><img src="./icon.svg" width={32} height={32} alt="" />Pryv</span>
        <h1>Your data. Readable by you, and by whom you choose.</h1>
        <ul class="stack loose">
          <li><Icon name="lock" size={22} /><span><strong>Locked on your device</strong>What you write is encrypted before it leaves. The server keeps what it cannot read.</span></li>
          <li><Icon name="key" size={22} /><span><strong>Shared on your terms</strong>Give one person one thing, until a day that you choose. End it whenever you like.</span></li>
          <li><Icon name="eye" size={22} /><span><strong>Nothing hidden</strong>See who read what and when, and look at exactly what the server sees.</span></li>
        </ul>
      </header>
      <main class="form" id="main">
        {door === "sign-up" ? <SignUp /> : door === "recover" ? <Recover /> : door === "join" ? <Join /> : <SignIn />}
      </main>
    </div>
  );
}
