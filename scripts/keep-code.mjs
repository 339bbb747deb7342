/**
 * Starts the bundled program once, and keeps the code that V8 made of it. Code is taken under the flags under which it was made
 * only, and each start begins with none: those that the program sets of its own are left out here.
 */
import { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";

v8.setFlagsFromString = () => undefined;
syncBuiltinESMExports();
const { CompiledScripts } = await import(fileURLToPath(new URL("../dist/cli/compiled-script.js", import.meta.url)));
const scripts = new CompiledScripts();
const [, , file] = process.argv;
process.argv.splice(2, 1, "--version");
process.stdout.write = () => true;
process.on("exit", () => scripts.keep());
scripts.load(file);
// And its parts that only some runs take.
for (const part of readdirSync(dirname(file)).filter((name) => /^part-.*\.js$/.test(name)))
  scripts.load(join(dirname(file), part));
