import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { planDocument } from "../src/result/plan-document.ts";
import { encodeNpz } from "../src/files/npz.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { PEAK_HOOK } from "./support/peak-memory.ts";
import { finish, MAIN } from "./support/spawn-node.ts";

/* What `--dry-run` says of memory beside what a run takes: `bench/loads.mjs` has larger ones, and their time. */

const FACTOR = 2;
const EXAMPLES = 20;

const folder = mkdtempSync(join(tmpdir(), "thalweg-plan-memory-"));
beforeAll(() => {
  const random = createRandom(1);
  const x = Float32Array.from({ length: 1000 * EXAMPLES }, () => random.normal());
  const y = Float64Array.from({ length: EXAMPLES }, (_, i) => i % 10);
  writeFileSync(
    join(folder, "d.npz"),
    encodeNpz([
      ["x", { dtype: "float32", shape: [EXAMPLES, 1000], data: x }],
      ["y", { dtype: "int64", shape: [EXAMPLES], data: y }],
    ]),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a run printed, and how many bytes it had at most. */
async function measured(args: readonly string[]) {
  const peak = join(folder, "peak");
  const { code, out, err } = await finish(process.execPath, ["--import", PEAK_HOOK, MAIN, ...args], {
    cwd: folder,
    env: { PEAK: peak },
    timeout: 180_000,
  });
  expect(code, err).toBe(0);
  return { out, bytes: 1024 * Number(readFileSync(peak, "utf8")) };
}

it("a plan says the memory of five million parameters, the checks of every run among it", async () => {
  const args = ["profile", "mlp:1000-2000-1500-10:tanh", "--data", "d.npz", "--only", "loss", "--json", "-q"];
  const plan = planDocument.parse(JSON.parse((await measured([...args, "--dry-run"])).out));
  const { bytes } = await measured(args);
  expect(bytes / (plan.bytes ?? 0)).toBeGreaterThan(1 / FACTOR);
  expect(bytes / (plan.bytes ?? 0)).toBeLessThan(FACTOR);
}, 360_000);
