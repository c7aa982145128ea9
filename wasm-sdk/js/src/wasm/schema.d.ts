/** The wasm module of the validator, as wasm-bindgen binds it. */

export class Opened {
  private constructor();
  static open(types: string): Opened | undefined;
  check(name: string): string | undefined;
  faults(instance: string): string;
  free(): void;
}

export default function init(options: { module_or_path: URL | Response | BufferSource | Promise<Response | BufferSource> }): Promise<unknown>;
