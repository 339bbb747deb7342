import { expect, it } from "vitest";
import { z } from "zod";
import { load } from "../library/open.ts";
import { DIGITS } from "../../test/support/command-line.ts";
import type { Problem } from "../problem/problem.ts";
import type { Desk } from "../runs/experiment.ts";
import { ticksOf } from "./grid.ts";
import { measurePoints, pointsTask } from "./tasks.ts";

/** The calls for tasks that points of planes take, at a desk that measures nothing. */
async function callsOf(problem: Problem, planes: number) {
  const calls: { readonly plane: number; readonly part: number; readonly of: number }[][] = [];
  const ticks = [ticksOf("-1:1:401", "--x"), ticksOf("-1:1:401", "--y")];
  const tasks: Pick<Desk, "hasBudget" | "tasks"> = {
    hasBudget: true,
    tasks(kind, inputs) {
      expect(kind.name).toBe(pointsTask.name);
      const asked = z.array(z.object({ plane: z.int(), part: z.int(), of: z.int() })).parse(inputs);
      calls.push(asked);
      const task = { kind: kind.name, input: null, label: "none", hash: "none" };
      const nothing = { loss: [], accuracy: null, standardError: null, test: null };
      return Promise.resolve(asked.map(() => kind.read(nothing, task)));
    },
  };
  await measurePoints(problem, planes, ticks, tasks);
  return calls;
}

it("all planes are asked for at once, in as many parts as the time of one is cut into", async () => {
  await using problem = await load(DIGITS, { data: "digits", limit: 1000, threads: 1 });
  const counts = [];
  for (const planes of [1, 2, 4]) {
    const [parts, ...more] = await callsOf(problem, planes);
    // A second call would have all of the time again.
    expect(more).toEqual([]);
    counts.push(parts.length);
    expect(new Set(parts.map(({ plane }) => plane)).size).toBe(planes);
    for (const { plane, of } of parts) expect(parts.filter((each) => each.plane === plane)).toHaveLength(of);
  }
  expect(counts).toEqual([4, 4, 4]);
});
