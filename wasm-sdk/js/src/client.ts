/** `Client`: one server, and nobody signed in. */

import type { LinkInfo } from "./access.js";
import { Account } from "./account.js";
import { App, type AppManifest } from "./contact.js";
import type { Definition, Leakage } from "./definition.js";
import type { DeviceId, PrincipalId } from "./ids.js";
import { Handle } from "./handle.js";
import type { RawAccess, RawAccount, RawApp } from "./raw.js";
import { OpenedLink } from "./received.js";
import { Remote, type CallOptions, type WorkerHost } from "./rpc.js";

/** How to reach a server. */
export interface ConnectOptions {
  /** Allows `http://` to other machines than this one. */
  readonly allowPlainHttp?: boolean;
  /** How long one call may take, its answer included, in milliseconds; 60,000 if not said. */
  readonly timeout?: number;
  /** Where sessions are kept, if more than one application shares an origin: `pryv` if not said. */
  readonly storage?: string;
}

/** A new account, and the phrase that recovers it. */
export interface SignedUp {
  readonly account: Account;
  /** Shown to the person once, to be kept on paper. Without password and phrase the data is lost, for everybody. */
  readonly phrase: string;
  /** Whether the streams and events are there that every account has. If not, `events()` makes them. */
  readonly defaults: boolean;
}

/** A session that this browser keeps. */
export interface StoredAccount {
  readonly id: PrincipalId;
  readonly username: string;
}

/** A machine that wants to become a device of an account. */
export class NewDevice extends Handle {
  readonly id: DeviceId;
  /** To be shown as a QR code, and scanned by a device of the account (`account.enrolScanned`). */
  readonly payload: string;

  /** @internal */
  constructor(remote: Remote, { handle, id, payload }: { handle: number; id: DeviceId; payload: string }) {
    super(remote, handle);
    this.id = id;
    this.payload = payload;
  }

  /** Waits until a device of the account has enrolled this one, up to five minutes, and opens the account. */
  async finish(options: CallOptions = {}): Promise<Account> {
    return new Account(this.remote, await this.remote.call<RawAccount>(this.handle, "finish", {}, options));
  }
}

/** One server, and nobody signed in. Its worker holds everything that is secret. */
export class Client extends Handle {
  /** The address of the server. */
  readonly address: string;

  /** @internal */
  constructor(remote: Remote, handle: number, address: string) {
    super(remote, handle);
    this.address = address;
  }

  #account(raw: RawAccount): Account {
    return new Account(this.remote, raw);
  }

  /** Makes an account with streams and events, and the recovery phrase, which is proven to work before anything is sent. */
  async signUp(username: string, password: string, options: CallOptions = {}): Promise<SignedUp> {
    const { account, ...made } = await this.remote.call<{ account: RawAccount; phrase: string; defaults: boolean }>(
      this.handle, "signUp", { username, password }, options);
    return { account: this.#account(account), ...made };
  }

  /** Logs in. */
  async logIn(username: string, password: string, options: CallOptions = {}): Promise<Account> {
    return this.#account(await this.remote.call<RawAccount>(this.handle, "logIn", { username, password }, options));
  }

  /** Opens an account by its recovery phrase and sets a new password. Every other session of it ends. */
  async recover(username: string, phrase: string, newPassword: string, options: CallOptions = {}): Promise<Account> {
    return this.#account(await this.remote.call<RawAccount>(this.handle, "recover", { username, phrase, newPassword }, options));
  }

  /** Takes up the session that this browser keeps: of this username, or the one stored last. `undefined` if there is none. */
  async resume(username?: string): Promise<Account | undefined> {
    const raw = await this.remote.call<RawAccount | null>(this.handle, "resume", { username });
    return raw === null ? undefined : this.#account(raw);
  }

  /** The sessions with this server that this browser keeps, the one stored last first. */
  storedAccounts(): Promise<StoredAccount[]> {
    return this.remote.call(this.handle, "storedAccounts");
  }

  /** Wipes every session that this browser keeps, and the key to them, without telling the server. */
  async wipe(): Promise<void> {
    await this.remote.call(this.handle, "wipe");
  }

  /** Opens a link, in either form, which counts as one use of it. */
  async openLink(link: string, password?: string, options: CallOptions = {}): Promise<OpenedLink> {
    const raw = await this.remote.call<RawAccess & { handle: number }>(this.handle, "openLink", { link, password }, options);
    return new OpenedLink(this.remote, raw);
  }

  /** What a link says of itself. Sends nothing. */
  parseLink(link: string): Promise<LinkInfo> {
    return this.remote.call(this.handle, "parseLink", { link });
  }

  /** Throws, and says which word is wrong, if a text is not a recovery phrase. Sends nothing. */
  async checkPhrase(phrase: string): Promise<void> {
    await this.remote.call(this.handle, "checkPhrase", { phrase });
  }

  /** Throws `weak-password`, with the reason, if a password would not be accepted. Sends nothing. */
  async checkPassword(username: string, password: string): Promise<void> {
    await this.remote.call(this.handle, "checkPassword", { username, password });
  }

  /** What the indexes of a definition would show to whom, in words. Sends nothing. */
  leakage(definition: Definition): Promise<Leakage[]> {
    return this.remote.call(this.handle, "leakage", { definition });
  }

  /** A new device that shows `payload` to be scanned by a device of the account. */
  async newDevice(): Promise<NewDevice> {
    return new NewDevice(this.remote, await this.remote.call(this.handle, "newDevice"));
  }

  /** A new device that comes with a code that a device of the account made (`account.enrolByCode`). */
  async newDeviceByCode(username: string, code: string): Promise<NewDevice> {
    return new NewDevice(this.remote, await this.remote.call(this.handle, "newDeviceByCode", { username, code }));
  }

  /** Finds an app by its id, and verifies what it says of itself. */
  async app(id: PrincipalId, options: CallOptions = {}): Promise<App> {
    return new App(this.remote, await this.remote.call<RawApp>(this.handle, "app", { id }, options));
  }

  /** Makes the keys of an app, registers what it says of itself, and signs in as the app. */
  async registerApp(manifest: AppManifest, options: CallOptions = {}): Promise<Account> {
    return this.#account(await this.remote.call<RawAccount>(this.handle, "registerApp", { manifest }, options));
  }

  /** Ends the worker: keys and sessions in memory are gone. What is stored stays. */
  close(): void {
    this.remote.close();
  }
}

/** @internal Connects through a worker. */
export async function connect(host: WorkerHost, address: string, options: ConnectOptions): Promise<Client> {
  const remote = new Remote(host);
  try {
    const { handle, address: origin } = await remote.call<{ handle: number; address: string }>(0, "connect", { address, ...options });
    return new Client(remote, handle, origin);
  } catch (error) {
    remote.close();
    throw error;
  }
}
