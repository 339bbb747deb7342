/**
 * Puts the program and each of its workers into a file of its own, below dist/program/, and lets dist/cli/main.js start
 * that: to find and to read hundreds of small files takes longer than to run them. Dependencies stay what they are, and
 * so do the modules of the library.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const out = join(dist, "program");
const { dependencies, peerDependencies } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);
const packages = Object.keys({ ...dependencies, ...peerDependencies });

rmSync(out, { recursive: true, force: true });
const workers = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith("-worker.js"));
for (const file of ["cli/program.js", ...workers]) {
  const bundle = await rolldown({
    input: join(dist, file),
    platform: "node",
    // With their own modules, as @bufbuild/protobuf/codegenv2; what the bundler adds of its own comes with it.
    external: (id) => packages.some((name) => id === name || id.startsWith(`${name}/`)),
    logLevel: "warn",
  });
  const name = basename(file, ".js");
  await bundle.write({ dir: out, format: "esm", entryFileNames: `${name}.js`, chunkFileNames: `${name}-[name].js` });
  await bundle.close();
}
writeFileSync(join(dist, "cli/main.js"), '#!/usr/bin/env node\nimport "../program/program.js";\n');
