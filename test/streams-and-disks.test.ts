/** @thorough Every verb seven times and more. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERBS } from "../src/cli/verbs/registry.ts";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { EXPERIMENTS } from "../src/experiments/registry.ts";
import type { Experiment } from "../src/runs/experiment.ts";
import { commandLine } from "./support/command-line.ts";
import { SMALL, writeOnes } from "./support/small-commands.ts";
import { finish, MAIN } from "./support/spawn-node.ts";

/* Every verb where nobody reads its streams, where they are full, and where the disk is full in the middle of it. */

const files = commandLine();
const { at } = files;

/** Verbs that are no experiments. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  run: ["run", "old"],
  work: ["work", "race-plain"],
  nets: ["nets"],
  explain: ["explain"],
  doctor: ["doctor"],
};
const COMMANDS: Readonly<Record<string, readonly string[]>> = { ...SMALL, ...OTHERS };

const STREAMS = {
  "stderr has no reader": "thalweg 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}",
  "stdout has no reader": "thalweg | true; exit ${PIPESTATUS[0]}",
  "neither has one": "thalweg 2>&1 | true; exit ${PIPESTATUS[0]}",
  "stderr is full": "thalweg 2>/dev/full",
  "both are closed": "thalweg >&- 2>&-",
} as const;

const experimentOf = (verb: string): Experiment | undefined =>
  EXPERIMENTS.find((each: Experiment) => (each.verb ?? each.name) === verb);

/** The verb from a shell, which may bend its streams. */
function shell(verb: string, out: string | undefined, line = "thalweg") {
  const args = [process.execPath, MAIN, ...COMMANDS[verb], ...(out === undefined ? [] : ["-o", out])];
  const command = args.map((each) => `'${each}'`).join(" ");
  return finish("bash", ["-c", line.replace("thalweg", () => command)], { cwd: at() });
}

/** What lies below a place, which may be a file; undefined where there is nothing. */
function listing(place: string): string[] | undefined {
  if (!existsSync(at(place))) return undefined;
  return statSync(at(place)).isDirectory() ? readdirSync(at(place), { recursive: true, encoding: "utf8" }).sort() : [];
}

const PAGE = 4096;

/** Bytes that it takes, in pages of a disk in memory. */
function spaceOf(place: string): number {
  const { size } = statSync(at(place));
  const below = (listing(place) ?? []).map((each) => statSync(at(place, each)).size);
  return [size, ...below].reduce((sum, bytes) => sum + Math.ceil(bytes / PAGE) * PAGE, 0);
}

const mount = (...args: string[]) => spawnSync("mount", ["-t", "tmpfs", ...args]).status === 0;
const unmount = (place: string) => spawnSync("umount", [place]).status === 0;

let hasDisks = false;
beforeAll(async () => {
  writeOnes(files);
  mkdirSync(at("disk"));
  hasDisks = mount("-o", "size=64k", "tmpfs", at("disk")) && unmount(at("disk"));
  const { code, err } = await finish(process.execPath, [MAIN, ...SMALL.profile, "-o", "old", "-q"], { cwd: at() });
  if (code !== 0) throw new Error(err);
});
afterAll(() => void unmount(at("disk")));

it("every verb is here", () => {
  expect(Object.keys(COMMANDS).toSorted()).toEqual(VERBS.map(({ name }) => name).toSorted());
});

describe.each(VERBS.map(({ name }) => name))("%s", (verb) => {
  const experiment = experimentOf(verb);
  const place = (what: string) => (experiment ? `${verb}-${what}` : undefined);

  it("ends as it always does, whoever listens", { timeout: 10 * 60_000 }, async () => {
    const plain = await shell(verb, place("plain"));
    expect(plain.code, plain.err).toBe(0);
    const written = listing(place("plain") ?? "nothing");
    for (const [i, [what, line]] of Object.entries(STREAMS).entries()) {
      const out = place(String(i));
      expect((await shell(verb, out, line)).code, what).toBe(0);
      expect(listing(out ?? "nothing"), what).toEqual(written);
    }
    // Where what stdout should have shown is lost, that is told, and what goes to files is there.
    const full = await shell(verb, place("full"), "thalweg >/dev/full");
    expect(full.code, full.err).toBe(3);
    expect(full.err).toContain("The standard output cannot be written: the disk is full.");
    expect(listing(place("full") ?? "nothing")).toEqual(written);
  });

  if (!experiment) return;
  it(
    "writes whole files or none where the disk is full in the middle",
    async ({ skip }) => {
      if (!hasDisks) skip();
      if (!existsSync(at(`${verb}-plain`))) expect((await shell(verb, `${verb}-plain`)).code).toBe(0);
      const whole = listing(`${verb}-plain`);
      const space = spaceOf(`${verb}-plain`);
      for (const part of [0.02, 0.4, 0.8]) {
        const size = Math.max(PAGE, Math.floor((part * space) / PAGE) * PAGE);
        expect(mount("-o", `size=${size}`, "tmpfs", at("disk"))).toBe(true);
        try {
          const { code, err } = await shell(verb, "disk/out");
          expect(code, `${part}: ${err}`).toBe(3);
          expect(err.replaceAll(/\s+/g, " ")).toMatch(/error: disk\/out\S* cannot be written: the disk is full\./);
          expect(readdirSync(at("disk")).filter((each) => each.endsWith(".partial"))).toEqual([]);
          const left = listing("disk/out");
          // Numbers are written before anything is drawn: where there is a result, it is whole.
          const isMeasured = left?.includes("result.json") ?? false;
          if (isMeasured) decodeResult(readFileSync(at("disk", "out", "result.json"), "utf8"));
          if (experiment.writes.as === "file") expect(left).toBeUndefined();
          expect(left?.filter((each) => !whole?.includes(each) && !each.startsWith("tasks/")) ?? []).toEqual([]);
          // Once there is space, what was begun is continued, or done anew in its place.
          expect(mount("-o", `remount,size=${4 * space + 2 ** 20}`, "tmpfs", at("disk"))).toBe(true);
          const isContinued = left !== undefined && !isMeasured && experiment.tasks.length > 0;
          const again = isContinued
            ? await finish(process.execPath, [MAIN, verb, "--resume", "disk/out"], { cwd: at() })
            : await shell(verb, "disk/out");
          expect(again.code, again.err).toBe(0);
          expect(listing("disk/out")).toEqual(whole);
        } finally {
          expect(unmount(at("disk"))).toBe(true);
        }
      }
    },
    10 * 60_000,
  );
});
