/**
 * Puts the program and each of its workers, with what they depend on, below dist/program/, where dist/cli/main.js
 * starts it: to find and to read hundreds of small files takes longer than to run them. What is native stays a package, and what
 * need not be installed. The modules of the library stay what they are.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const out = join(dist, "program");
const { peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const apart = ["onnxruntime-common", "onnxruntime-node", ...Object.keys(peerDependencies)];

rmSync(out, { recursive: true, force: true });
const workers = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith("-worker.js"));
const inputs = ["cli/program.js", ...workers].map((file) => [basename(file, ".js"), join(dist, file)]);
const bundle = await rolldown({
  input: Object.fromEntries(inputs),
  platform: "node",
  external: (id) => apart.some((name) => id === name || id.startsWith(`${name}/`)),
  // A figure has the same text widths whether or not a package that draws is installed beside.
  resolve: { alias: { "vega-canvas": join(root, "node_modules/vega-canvas/build/vega-canvas.browser.js") } },
  logLevel: "warn",
});
const { output } = await bundle.write({
  dir: out,
  format: "cjs",
  dynamicImportInCjs: false,
  entryFileNames: "[name].js",
  chunkFileNames: "part-[name].js",
});
await bundle.close();

writeFileSync(join(out, "package.json"), '{ "type": "commonjs" }\n');
writeFileSync(join(out, "LICENSES.txt"), licences(output.flatMap(({ moduleIds }) => moduleIds ?? [])));
execFileSync(process.execPath, [join(root, "scripts/keep-code.mjs"), join(out, "program.js")], { stdio: "inherit" });

/** The terms of each package of which something was bundled. */
function licences(modules) {
  const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []));
  return [...packages]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : ""}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
