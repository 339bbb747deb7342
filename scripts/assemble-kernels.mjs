// npm run kernels: assembles src/linalg/kernels.wat into src/linalg/kernels-wasm.ts. `--check` only says whether it is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const file = (name) => fileURLToPath(new URL(`../src/linalg/${name}`, import.meta.url));

const { parseWat } = await wabt();
const module = parseWat("kernels.wat", readFileSync(file("kernels.wat"), "utf8"), { simd: true });
module.validate({ simd: true });
const bytes = Buffer.from(module.toBinary({}).buffer);

const page = `/** kernels.wat, assembled by \`npm run kernels\`; do not edit. */
export const KERNELS_WASM =
  "${bytes.toString("base64")}";
`;

if (process.argv.includes("--check")) {
  if (readFileSync(file("kernels-wasm.ts"), "utf8") !== page) {
    console.error("src/linalg/kernels-wasm.ts is out of date: npm run kernels");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file("kernels-wasm.ts"), page);
}
