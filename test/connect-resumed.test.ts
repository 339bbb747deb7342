/** @thorough Runs that are killed and continued: half a minute. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine, fixture } from "./support/command-line.ts";

/* A way with alignment and training is killed half-way and continued, and done by two workers: the same bits. */

const { at, here, thalweg } = commandLine();

const pair = (name: string) => fixture(`pairs/mlp/${name}`);
const DATA = ["--data", pair("data.npz"), "--limit", "200", "--threads", "1", "--seed", "4"];
const ALIGNMENT = ["--align", "--starts", "1", "--match-steps", "5"];
const WAY = ["--path", "chain", "--steps", "10", "--bends", "1", "--points", "5"];
const RUN = ["connect", pair("a.onnx"), pair("b.npz"), ...DATA, ...ALIGNMENT, ...WAY];

function contentOf(folder: string) {
  const { result, seed, checks } = RESULT_KINDS.connect.parse(
    JSON.parse(readFileSync(at(folder, "result.json"), "utf8")),
  );
  return { result, seed, checks, weights: readFileSync(at(folder, "aligned.safetensors")).toString("base64") };
}

const tasksIn = (folder: string) => {
  const path = at(folder, "tasks");
  return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".json")).length : 0;
};

it(
  "a connection that was killed and continued, and one that workers made, are the one that was not, bit for bit",
  { timeout: 600_000 },
  async () => {
    const first = await here([...RUN, "-o", "whole"]);
    expect(first.code, first.err).toBe(0);
    const whole = contentOf("whole");
    expect(whole.result.profiles.length).toBeGreaterThanOrEqual(3);
    const killed = await thalweg([...RUN, "-o", "killed"], (child) => {
      void (async () => {
        while (child.exitCode === null && tasksIn("killed") < 3) await sleep(2);
        child.kill("SIGKILL");
      })();
    });
    expect(killed.signal).toBe("SIGKILL");
    const known = tasksIn("killed");
    const last = await thalweg(["connect", ...RUN.slice(1), "--resume", at("killed")]);
    expect(last.code, last.err).toBe(0);
    expect(known).toBeGreaterThanOrEqual(3);
    expect(contentOf("killed")).toEqual(whole);
    const others = await thalweg([...RUN, "--executor", "workers:2", "-o", "workers"]);
    expect(others.code, others.err).toBe(0);
    expect(contentOf("workers")).toEqual(whole);
  },
);
