/** @thorough Checks on trained networks: a minute. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runChecks } from "../../src/instruments/run-checks.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import type { Check } from "../../src/result/envelope.ts";
import { withBrokenPoints } from "../support/break-points.ts";
import { openTrained, plantsFor, readNetworks, wrongIn } from "../support/trained-network.ts";

// All 300: python3 test/trained/generate.py FOLDER; TRAINED_NETWORKS=FOLDER npx vitest run test/trained
const all = env["TRAINED_NETWORKS"];
// Every eleventh of them, networks trained until differences over their kinks were off by several per cent, and every
// thirteenth of 90 classifiers (--saturated) whose losses are what large numbers leave of each other.
const folders =
  all === undefined
    ? ["networks", "well-trained", "saturated"].map((name) => fileURLToPath(new URL(name, import.meta.url)))
    : [all];
const networks = folders.flatMap((folder) => readNetworks((file) => Uint8Array.from(readFileSync(join(folder, file)))));
const which = all === undefined ? "every-run" : "all";

test.each(networks)("$name: right as it is, found wrong by 0.1 % in one tensor", async (network) => {
  const problem = openTrained(network);
  const checks = await runChecks(problem, which, createRandom(0), {});
  // Of saturated bits, less may be left of the Gauss–Newton matrix than differences tell from rounding: that is said.
  const isOpen = ({ name: check, passed }: Check) => check === "gauss-newton-product" && passed === null;
  expect(checks.filter((check) => check.passed !== true && !isOpen(check))).toEqual([]);
  for (const tensor of await plantsFor(problem)) {
    const found = await withBrokenPoints(problem, { gradient: wrongIn(problem, tensor) }, () =>
      runChecks(problem, ["gradient"], createRandom(0), {}),
    );
    expect([tensor, ...found]).toMatchObject([tensor, { name: "gradient", passed: false }]);
  }
  await problem.close();
});

test("a tensor that moves nothing (a key's bias) fails no thorough check in float32", async () => {
  const network = networks.find(({ name }) => name.includes("attention-untrained-float32"));
  if (!network) throw new RangeError("no such network");
  const problem = openTrained(network);
  const checks = await runChecks(problem, "all", createRandom(0), {});
  expect(checks.filter(({ passed }) => passed !== true)).toEqual([]);
  await problem.close();
});
