import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";

/* The program as `npm run build` bundles it: nothing is missing where only the package is installed. */

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PROGRAM = join(ROOT, "dist/program");
const named = z.record(z.string(), z.unknown());
const { dependencies, peerDependencies } = z
  .object({ dependencies: named, peerDependencies: named })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
const packages = Object.keys({ ...dependencies, ...peerDependencies });

test("the bundled program loads its own files and packages that it declares, and has all its workers", () => {
  const files = readdirSync(PROGRAM).filter((file) => file.endsWith(".js"));
  const missing = files.flatMap((file) =>
    [...readFileSync(join(PROGRAM, file), "utf8").matchAll(/(?:(?<![.\w])require|await import)\("([^"]+)"\)/g)]
      .map(([, id]) => id)
      .filter((id) =>
        id.startsWith(".")
          ? !existsSync(join(PROGRAM, id))
          : !isBuiltin(id) && !packages.some((name) => id === name || id.startsWith(`${name}/`)),
      )
      .map((id) => `${file}: ${id}`),
  );
  expect(missing).toEqual([]);
  const workers = readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith("-worker.js"),
  );
  expect(files).toEqual(expect.arrayContaining(workers.map((file) => basename(file))));
});

/** Which scripts of the program, run from a folder, took the code that was kept, and what it printed. */
function started(folder: string): { readonly taken: string[]; readonly others: string[]; readonly out: string } {
  const script = `
    import { CompiledScripts } from ${JSON.stringify(join(ROOT, "dist/cli/compiled-script.js"))};
    process.argv.splice(1, process.argv.length, "main.js", "--version");
    const scripts = new CompiledScripts();
    scripts.load(${JSON.stringify(join(folder, "program.js"))});
    process.on("exit", () => process.stderr.write(JSON.stringify([...scripts.taken])));
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect([status, stderr.slice(0, 1)]).toEqual([0, "["]);
  const scripts = z.array(z.tuple([z.string(), z.boolean()])).parse(JSON.parse(stderr));
  const named = (isTaken: boolean) => scripts.filter(([, taken]) => taken === isTaken).map(([file]) => basename(file));
  return { taken: named(true), others: named(false), out: stdout.trim() };
}

test("V8 takes the code that was kept of the program, unless the script is another one or the code is damaged", () => {
  expect(started(PROGRAM)).toMatchObject({ taken: expect.arrayContaining(["program.js"]), others: [] });
  const installed = mkdtempSync(join(tmpdir(), "thalweg-bundle-"));
  try {
    for (const name of ["node_modules", "package.json", "assets"]) symlinkSync(join(ROOT, name), join(installed, name));
    const copy = join(installed, "dist/program");
    cpSync(PROGRAM, copy, { recursive: true });
    const file = join(copy, "program.js");
    const source = readFileSync(file, "utf8");
    // Of the same length: V8 by itself would run the old one.
    writeFileSync(file, source.replace("Stopping with", "Stopped, with"));
    expect(started(copy).others).toEqual(["program.js"]);
    writeFileSync(file, source);
    const code = readFileSync(`${file}.code`);
    code[code.length >> 1] ^= 1;
    writeFileSync(`${file}.code`, code);
    expect(started(copy)).toMatchObject({ others: ["program.js"], out: started(PROGRAM).out });
  } finally {
    rmSync(installed, { recursive: true });
  }
});
