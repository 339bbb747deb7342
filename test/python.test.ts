import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type CommandServer, commandServer } from "./support/command-server.ts";
import { finish, MAIN } from "./support/spawn-node.ts";

/*
 * python/thalweg.py in a Python that has PyTorch, against autograd: python/cases.py, one function a case. Those that are about
 * the program, its streams and its end run the built one; for the others this process computes what they ask it for.
 */

const CASES = fileURLToPath(new URL("python/cases.py", import.meta.url));
const names = [...readFileSync(CASES, "utf8").matchAll(/^def case_(\w+)/gm)].map(([, name]) => name);
const PROGRAM = [
  "mlp_as_in_the_readme",
  "a_run_that_is_continued_is_where_it_was_with_its_figures",
  "an_error_of_the_command_line",
  "which_command",
];

/** Debian's own first: what a version manager puts before it has no packages, as a rule. */
const python = ["/usr/bin/python3", "python3"].find(
  (each) => spawnSync(each, ["-c", "import numpy, torch"], { stdio: "ignore" }).status === 0,
);

const outcome = z.object({ name: z.string(), error: z.string().nullable(), seconds: z.number() });

// Where all is tested, nothing may be left out for want of a package.
describe.skipIf(python === undefined && process.env["CI"] === undefined)("python/thalweg.py", () => {
  let outcomes = new Map<string, z.output<typeof outcome>>();
  let said = "";
  let server: CommandServer | undefined;

  beforeAll(async () => {
    if (!existsSync(MAIN)) throw new Error("dist/ is missing: run `npm run build` first");
    if (python === undefined)
      throw new Error("no python3 has torch and numpy (apt-get install python3-torch python3-numpy)");
    const env = { ...process.env, OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "PASSIVE" };
    server = await commandServer();
    const parts = [
      { cases: PROGRAM, THALWEG: `${process.execPath} ${MAIN}` },
      { cases: names.filter((name) => !PROGRAM.includes(name)), THALWEG: server.command(python) },
    ];
    const runs = await Promise.all(
      parts.map(({ cases, THALWEG }) => finish(python, [CASES, ...cases], { env: { ...env, THALWEG } })),
    );
    said = runs.map(({ err }) => err).join("\n");
    const lines = runs.flatMap(({ out }) => out.split("\n")).filter((line) => line.startsWith("{"));
    outcomes = new Map(lines.map((line) => outcome.parse(JSON.parse(line))).map((each) => [each.name, each]));
  }, 240_000);
  afterAll(() => server?.close());

  it("has the cases that run the program", () => expect(names).toEqual(expect.arrayContaining(PROGRAM)));

  it.each(names)("%s", (name) => {
    const found = outcomes.get(name);
    expect(found?.error, found?.error ?? said).toBeNull();
  });
});
