/** The wasm module of the SDK, as wasm-bindgen binds it. */

/** What the worker gives the module. */
export interface Host {
  progress(id: number, done: number, total?: number): void;
  sealContent(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
  openContent(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
  schemaOpen(types: string): number | undefined;
  schemaCheck(opened: number, name: string): string | undefined;
  schemaFaults(opened: number, instance: string): string;
  schemaClose(opened: number): void;
  save(place: string, account: string, username: string, revision: number, session: Uint8Array): Promise<boolean>;
  load(place: string, account: string): Promise<{ revision: number; session: Uint8Array } | null>;
  list(place: string): Promise<string>;
  wipe(place: string, account?: string): Promise<void>;
}

export function start(given: Host): void;
/** Answers with JSON, or throws JSON. */
export function call(id: number, target: number, method: string, args: string): Promise<string>;
export function abort(id: number): void;
export function release(number: number): void;

export default function init(options: { module_or_path: URL | Response | BufferSource | Promise<Response | BufferSource> }): Promise<unknown>;
