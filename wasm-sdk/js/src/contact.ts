/** Others: people and apps, whose cards were verified. */

import { Handle } from "./handle.js";
import type { Fingerprint, Level, PrincipalId } from "./ids.js";
import type { RawApp, RawContact } from "./raw.js";
import type { Remote } from "./rpc.js";

/**
 * Somebody else. At first contact the server's word says who a username is: compare `fingerprint` with the person, on
 * another way, before granting what matters. From then on nobody else can be put in their place.
 */
export class Contact extends Handle {
  readonly id: PrincipalId;
  readonly username: string;
  /** The whole id, to compare with the person. */
  readonly fingerprint: Fingerprint;
  /** Its beginning as eight words, to compare aloud. */
  readonly words: string;

  /** @internal */
  constructor(remote: Remote, raw: RawContact) {
    super(remote, raw.handle);
    ({ id: this.id, username: this.username, fingerprint: this.fingerprint, words: this.words } = raw);
  }
}

/** A registered app, verified. Its name is its own word: compare `fingerprint` with what the publisher says elsewhere. */
export class App extends Handle {
  readonly id: PrincipalId;
  readonly fingerprint: Fingerprint;
  readonly name: string;
  readonly publisher: string;
  readonly redirectUris: readonly string[];
  /** What it asks for: a definition's URI and a level. */
  readonly permissions: readonly { readonly uri: string; readonly level: Level }[];

  /** @internal */
  constructor(remote: Remote, raw: RawApp) {
    super(remote, raw.handle);
    ({ id: this.id, fingerprint: this.fingerprint, name: this.name, publisher: this.publisher } = raw);
    ({ redirectUris: this.redirectUris, permissions: this.permissions } = raw);
  }
}

/** What an app will say of itself. */
export interface AppManifest {
  readonly name: string;
  readonly publisher: string;
  readonly redirectUris?: readonly string[];
  readonly permissions?: readonly { readonly uri: string; readonly level: Level }[];
}
