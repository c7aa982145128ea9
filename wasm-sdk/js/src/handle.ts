/** What a page holds of something that lives in the worker. */

import type { Remote } from "./rpc.js";

/**
 * Something in the worker: keys and sessions never leave it. Handles are let go of when nobody refers to them any longer;
 * `release` does it at once.
 */
export abstract class Handle {
  /** @internal */
  readonly remote: Remote;
  /** @internal */
  readonly handle: number;

  /** @internal */
  constructor(remote: Remote, handle: number) {
    this.remote = remote;
    this.handle = handle;
    remote.hold(this, handle);
  }

  /** Lets go of it now. Calls to it fail from here on. */
  release(): void {
    this.remote.forget(this, this.handle);
  }
}
