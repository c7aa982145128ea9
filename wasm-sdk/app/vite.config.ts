import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** The package that `cargo xtask package` writes; another build of it by `PRYV_SDK`. */
const sdk = process.env["PRYV_SDK"] ?? fileURLToPath(new URL("../../target/wasm-sdk/package/dist/index.js", import.meta.url));

/** Writes each file compressed beside it: the server sends the smallest form that a browser takes. */
function compressed(): Plugin {
  let out = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: (config) => { out = config.build.outDir; },
    closeBundle: () => {
      for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
        const path = join(out, name);
        if (!statSync(path).isFile() || !/\.(html|js|css|svg|wasm)$/.test(name)) continue;
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [compressed()],
  base: "/app/",
  resolve: { alias: { "@pryv/sdk": sdk } },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // The policy of the page allows no `data:` address and no script inside the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
