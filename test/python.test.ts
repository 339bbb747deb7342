import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { finish, MAIN } from "./support/spawn-node.ts";

/*
 * python/thalweg.py in a Python that has PyTorch, against autograd: python/cases.py, one function a case.
 */

const CASES = fileURLToPath(new URL("python/cases.py", import.meta.url));
const names = [...readFileSync(CASES, "utf8").matchAll(/^def case_(\w+)/gm)].map(([, name]) => name);

/** Debian's own first: what a version manager puts before it has no packages, as a rule. */
const python = ["/usr/bin/python3", "python3"].find(
  (each) => spawnSync(each, ["-c", "import numpy, torch"], { stdio: "ignore" }).status === 0,
);

const outcome = z.object({ name: z.string(), error: z.string().nullable(), seconds: z.number() });

// Where all is tested, nothing may be left out for want of a package.
describe.skipIf(python === undefined && process.env["CI"] === undefined)("python/thalweg.py", () => {
  let outcomes = new Map<string, z.output<typeof outcome>>();
  let said = "";

  beforeAll(async () => {
    if (!existsSync(MAIN)) throw new Error("dist/ is missing: run `npm run build` first");
    if (python === undefined)
      throw new Error("no python3 has torch and numpy (apt-get install python3-torch python3-numpy)");
    const env = { THALWEG: `${process.execPath} ${MAIN}`, OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "PASSIVE" };
    // In two processes, which wait for the command line most of the time.
    const halves = [0, 1].map((half) => names.filter((_, i) => i % 2 === half));
    const runs = await Promise.all(
      halves.map((half) => finish(python, [CASES, ...half], { env: { ...process.env, ...env } })),
    );
    said = runs.map(({ err }) => err).join("\n");
    const lines = runs.flatMap(({ out }) => out.split("\n")).filter((line) => line.startsWith("{"));
    outcomes = new Map(lines.map((line) => outcome.parse(JSON.parse(line))).map((each) => [each.name, each]));
  }, 240_000);

  it.each(names)("%s", (name) => {
    const found = outcomes.get(name);
    expect(found?.error, found?.error ?? said).toBeNull();
  });
});
