import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The package that `cargo xtask package` writes; another build of it by `PRYV_SDK`. */
const sdk = process.env["PRYV_SDK"] ?? fileURLToPath(new URL("../../target/wasm-sdk/package/dist/index.js", import.meta.url));

export default defineConfig({
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
