/** @thorough Runs that are killed and continued: half a minute. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine, DIGITS } from "./support/command-line.ts";

/*
 * A surface is killed and continued, and done by two workers: the same bits. Ten kills of 41 × 41 points:
 * THALWEG_KILLS=10 npx vitest run test/surface-resumed.test.ts
 */

const { at, here, thalweg } = commandLine();

const KILLS = Number(process.env["THALWEG_KILLS"] ?? 2);
const POINTS = KILLS >= 10 ? 41 : 5;
const RANGE = `-1:1:${POINTS}`;
const ARGS = ["surface", DIGITS, "--data", "digits", "--threads", "1", "--planes", String(KILLS), "--no-share"];
const RUN = [...ARGS, "--x", RANGE, "--y", RANGE, "--seed", "4"];

function contentOf(folder: string) {
  const { result, seed } = RESULT_KINDS.surface.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8")));
  return { result, seed, arrays: readFileSync(at(folder, "arrays.npz")).toString("base64") };
}

const tasksIn = (folder: string) => {
  const path = at(folder, "tasks");
  return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".json")).length : 0;
};

it(
  "a surface that was killed and continued, and one that workers made, are the one that was not, bit for bit",
  { timeout: 600_000 },
  async () => {
    expect((await here([...RUN, "-o", "whole"])).code).toBe(0);
    const whole = contentOf("whole");
    let args = [...RUN, "-o", "killed"];
    for (let kill = 1; kill <= KILLS; kill++) {
      const run = await thalweg(args, (child) => {
        void (async () => {
          // One task further each time, axes first.
          while (child.exitCode === null && tasksIn("killed") < kill) await sleep(2);
          child.kill("SIGKILL");
        })();
      });
      expect(run.signal === "SIGKILL" || run.code === 0).toBe(true);
      args = ["surface", ...RUN.slice(1), "--resume", at("killed")];
    }
    const last = await thalweg(args);
    expect(last.code, last.err).toBe(0);
    expect(contentOf("killed")).toEqual(whole);
    const others = await thalweg([...RUN, "--executor", "workers:2", "-o", "workers"]);
    expect(others.code, others.err).toBe(0);
    expect(contentOf("workers")).toEqual(whole);
  },
);
