/** @thorough THALWEG_KILLS=40 npx vitest run test/kills.test.ts */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { thalweg } from "./support/spawn-node.ts";

/* Runs that are ended at random moments: what they leave is whole or not there, can be continued or replaced, and is tidied up. */

const KILLS = Number(process.env.THALWEG_KILLS ?? 2);
const SIGNALS = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const;

const RUNS: Record<string, readonly string[]> = {
  profile: [
    "profile",
    "mlp:64-16-10:tanh",
    "--data",
    "digits",
    "--limit",
    "400",
    "--only",
    "loss,gradient,eigenvalues",
  ],
  train: ["train", "mlp:64-16-10:tanh", "--data", "digits", "--limit", "400", "--steps", "300", "--every", "30"],
  surface: ["surface", "mlp:64-16-10:tanh", "--data", "digits", "--limit", "400", "--x", "-1:1:9", "--y", "-1:1:9"],
  race: ["race", "octopus:3", "--optimizers", "gd:0.1", "--starts", "8"],
  claim: ["claim", "B4", "--scale", "0.1"],
};

let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "thalweg-kills-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(RUNS))("%s", (name, args) => {
  it(
    `ended at ${KILLS} random moments leaves what is whole`,
    { timeout: Math.max(40, 3 * KILLS) * 60_000 },
    async () => {
      const random = createRandom(7).split(name);
      const out = join(folder, name);
      const run = (more: readonly string[], act?: Parameters<typeof thalweg>[2]) =>
        thalweg([...args, ...more, "-q"], { cwd: folder }, act);
      const began = performance.now();
      const whole = await run(["-o", out]);
      expect([0, 5], whole.err).toContain(whole.code);
      const lasts = performance.now() - began;
      for (let i = 0; i < KILLS; i++) {
        const signal = SIGNALS[i % SIGNALS.length];
        rmSync(out, { recursive: true, force: true });
        await run(
          ["-o", out],
          (child) => void sleep(lasts * (0.15 + 0.9 * random.uniform())).then(() => child.kill(signal)),
        );
        const result = join(out, "result.json");
        if (existsSync(result)) decodeResult(readFileSync(result, "utf8"));
        else if (existsSync(join(out, "tasks")) && readdirSync(join(out, "tasks")).length > 0) {
          const continued = await thalweg([args[0], "--resume", out, "-q"], { cwd: folder });
          expect([0, 5], `${signal}: ${continued.err}`).toContain(continued.code);
          decodeResult(readFileSync(result, "utf8"));
        }
        const again = await run(["-o", out]);
        expect([0, 5], `${signal}: ${again.err}`).toContain(again.code);
        const left = [...readdirSync(folder), ...readdirSync(out, { recursive: true, encoding: "utf8" })];
        expect(left.filter((each) => each.endsWith(".partial"))).toEqual([]);
      }
    },
  );
});
