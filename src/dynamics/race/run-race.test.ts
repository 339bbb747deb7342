import { describe, expect, it } from "vitest";
import { walkOf } from "../../optimizers/coordinate-walk.ts";
import { OPTIMIZERS } from "../../optimizers/registry.ts";
import { createRandom } from "../../random/random-stream.ts";
import { TOYS } from "../../toys/registry.ts";
import { readSpecification } from "../../util/specification.ts";
import { runRace } from "./run-race.ts";

/** A walk of an optimiser on a toy, both as they are typed. */
function raced(toyText: string, optimizerText: string, at: readonly number[], steps = 2000) {
  const { chosen: toy, options } = readSpecification("toy", toyText, TOYS);
  const { chosen: optimizer, options: numbers } = readSpecification("optimiser", optimizerText, OPTIMIZERS);
  const start = Float64Array.from(at);
  const f = toy.with(options);
  const tuned = optimizer.with(numbers);
  const walk = walkOf(tuned, { start, random: createRandom(1) });
  const { leavesSaddles } = tuned;
  return runRace({ toy: f, told: f, walk, start, limits: { steps, tolerance: 1e-8 }, leavesSaddles });
}

describe("how a walk ends", () => {
  const EXPECTED = [
    ["the goal is reached", "quadratic:10", "gd:0.1", [1, 1], "reached"],
    ["steps too long", "quadratic:10", "gd:0.3", [1, 1], "diverged"],
    ["a step at which nothing is lost or gained", "quadratic:1", "gd:2", [1, 1], "oscillated"],
    ["steps below rounding", "quadratic:10", "gd:1e-20", [1, 1], "froze"],
    ["steps too few", "quadratic:10", "gd:1e-3", [1, 1], "wandering"],
    ["on the ridge that leads into a saddle", "saddle", "gd:0.5", [1, 0], "saddle"],
    ["in the middle of no curvature", "saddle:monkey", "gd:0.1", [0, 0], "degenerate"],
    ["off a saddle from where it can hardly be seen", "saddle", "gd:0.5", [1e-9, 1e-9], "reached"],
    ["off a saddle by a step at random", "saddle", "pgd:0.1", [0, 0], "reached"],
    ["in the second minimum of a bent valley", "rosenbrock:4", "newton-cg", [-1, 1, 1, 1], "minimum"],
    ["in a minimum that is not the goal", "curved:b=0.5", "gd:0.1", [0.1, 0.1], "minimum"],
  ] as const;
  it.each(EXPECTED)("is told: %s", (_what, toy, optimizer, start, end) => {
    expect(raced(toy, optimizer, start).end).toBe(end);
  });

  it("is seen at once where the start is the end, and costs nothing", () => {
    const run = raced("quadratic", "newton", [0, 0]);
    expect(run).toMatchObject({ end: "reached", steps: 0, cost: { values: 0, gradients: 0, products: 0 } });
  });

  it("counts what the optimiser asked for, not what was looked at", () => {
    const run = raced("quadratic:10", "gd:1e-3", [1, 1], 7);
    expect(run).toMatchObject({ steps: 7, cost: { values: 0, gradients: 7, products: 0 } });
    expect(raced("quadratic:10", "newton", [1, 1])).toMatchObject({ steps: 1, cost: { gradients: 1, products: 2 } });
  });
});
