/** @thorough Half a minute under strace. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DIST, finish, MAIN } from "./support/spawn-node.ts";

/* The engine has telemetry of its own: it must be off in everything that we start. */

const REFERENCE = fileURLToPath(new URL("reference/resnet8-digits/", import.meta.url));
/** The engine looks up its server after about 11 s. */
const WAIT_S = 14;

let folder = "";

beforeAll(() => {
  try {
    execFileSync("strace", ["--version"], { stdio: "ignore" });
  } catch {
    throw new Error("These tests need strace: apt-get install strace.");
  }
  folder = mkdtempSync(join(tmpdir(), "thalweg-telemetry-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Traced {
  readonly code: number | null;
  readonly err: string;
  /** System calls that open a socket or look for another machine. */
  readonly network: string[];
  /** Files and folders made or written. */
  readonly written: string[];
  /** What is left in the home and temporary folders. */
  readonly left: string[];
}

async function traced(name: string, args: readonly string[]): Promise<Traced> {
  const home = join(folder, name);
  mkdirSync(join(home, "tmp"), { recursive: true });
  const logs = join(folder, `${name}-calls`);
  mkdirSync(logs);
  const env = {
    HOME: home,
    TMPDIR: join(home, "tmp"),
    XDG_CACHE_HOME: undefined,
    ORT_DISABLE_TELEMETRY: undefined,
    // Where it is set the engine keeps silent by itself.
    CI: undefined,
  };
  const calls = "trace=network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,symlink";
  const { code, err } = await finish(
    "strace",
    // A log for each thread (-ff): in one, a call that is interrupted by another's stands on two lines.
    ["-ff", "-qq", "--seccomp-bpf", "-e", calls, "-o", join(logs, "thread"), process.execPath, ...args],
    { cwd: folder, env },
  );
  const lines = readdirSync(logs).flatMap((log) => readFileSync(join(logs, log), "utf8").split("\n"));
  return {
    code,
    err,
    network: lines.filter((line) => /\b(?:socket|connect|sendto|sendmsg|bind)\(/.test(line)),
    written: lines
      .filter((line) => /O_WRONLY|O_RDWR|O_CREAT|mkdir|creat\(|link\(/.test(line) && !/= -1 /.test(line))
      .map((line) => /"([^"]*)"/.exec(line)?.[1] ?? line)
      .filter((path) => !/^\/(?:dev|proc)\//.test(path)),
    left: readdirSync(home, { recursive: true }).map(String),
  };
}

const library = (engineFirst: boolean, lanes: boolean) => `
  ${engineFirst ? `import "${import.meta.resolve("onnxruntime-node")}";` : ""}
  import { loadProblem } from "${DIST}index.js";
  const { problem, close } = await loadProblem("${REFERENCE}model.onnx", {
    data: "${REFERENCE}data.npz", threads: ${lanes ? 2 : 1}, limit: 400,
  });
  await problem.point.gradient();
  await new Promise((resolve) => setTimeout(resolve, ${WAIT_S * 1000}));
  await close();
`;

describe.concurrent("no network, and no file outside the output", () => {
  test.each([
    ["the library", library(false, false)],
    ["the library with several engines", library(false, true)],
    ["the library beside the engine", library(true, false)],
  ])("%s, for as long as the engine takes to call home", { timeout: 90_000 }, async (name, script) => {
    const { code, err, ...rest } = await traced(name.replaceAll(" ", "-"), ["--input-type=module", "-e", script]);
    expect([code, err]).toEqual([0, ""]);
    expect(rest).toEqual({ network: [], written: [], left: ["tmp"] });
  });

  test("the command line", { timeout: 90_000 }, async () => {
    const args = ["profile", `${REFERENCE}model.onnx`, "--data", `${REFERENCE}data.npz`, "--limit", "100"];
    const { code, network, written, left } = await traced("command-line", [
      MAIN,
      ...args,
      "--only",
      "gradient,loss",
      "-o",
      "out",
      "-q",
    ]);
    expect(code).toBe(0);
    expect({ network, left }).toEqual({ network: [], left: ["tmp"] });
    expect(written.length).toBeGreaterThan(0);
    for (const path of written) expect(path).toMatch(/^(?:out$|out\/|\.out\.)/);
  });

  test(
    "a profile in float64 that is still measuring when the engine would call home",
    { timeout: 180_000 },
    async () => {
      const before = performance.now();
      const { code, network, written, left } = await traced("long-profile", [
        MAIN,
        "profile",
        `${REFERENCE}model.onnx`,
        "--data",
        `${REFERENCE}data.npz`,
        "--limit",
        "100",
        "--precision",
        "float64",
        // It is the time that counts; beside the other tests it takes one core.
        "--threads",
        "1",
        "--only",
        "eigenvalues,trace",
        // Never done before its time is up, on however fast a machine.
        "--trace-tolerance",
        "0.00001",
        "--time",
        `${WAIT_S + 1}s`,
        "-o",
        "long",
        "-q",
      ]);
      // Done, or not converged in its time.
      expect([0, 5]).toContain(code);
      expect(performance.now() - before).toBeGreaterThan(WAIT_S * 1000);
      expect({ network, left }).toEqual({ network: [], left: ["tmp"] });
      for (const path of written) expect(path).toMatch(/^(?:long$|long\/|\.long\.)/);
    },
  );

  test("the engine by itself would: the test can fail", { timeout: 90_000 }, async () => {
    const script = `
      import * as ort from "${import.meta.resolve("onnxruntime-node")}";
      import { readFileSync } from "node:fs";
      await ort.InferenceSession.create(readFileSync("${REFERENCE}model.onnx"));
    `;
    const { written } = await traced("engine", ["--input-type=module", "-e", script]);
    expect(written.some((path) => path.includes("onnxruntime"))).toBe(true);
  });
});
