import { describe, expect, it, onTestFinished } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { costOf, type Plan, type PlannedStep } from "./plan.ts";

const random = createRandom(3);

function problemOf(examples: number) {
  const normals = (label: string, count: number) => [...random.split(label).normalVector(count)];
  const x = Array.from({ length: examples }, (_, i) => normals(`x${i}`, 2));
  const layer = { name: "layer", inputs: 2, weights: [1, 2], bias: [0] };
  const problem = denseProblem(
    [layer],
    x,
    x.map((_, i) => normals(`y${i}`, 1)),
    meanSquaredError,
    { batchSize: 10 },
  );
  onTestFinished(() => problem.close());
  return problem;
}

/** Ticks once each time that it is looked at: whatever is timed takes one millisecond. */
function ticking() {
  let now = 0;
  return () => now++;
}

const step = (name: string, products: number, work?: PlannedStep["work"]): PlannedStep => ({
  name,
  title: name,
  products,
  work,
  bytes: 0,
  skipped: undefined,
});

function planOf(steps: readonly PlannedStep[], tasks = 1): Plan {
  return { noun: "step", steps, tasks, problem: problemOf(5), warnings: [] };
}

const QUIET = { held: () => 1000, opening: 0, checks: {}, checkBytes: 0 };

describe("the memory of a plan", () => {
  it("is what is held when all kinds were timed, what other programs like theirs hold, and the largest step", async () => {
    const held = [1000, 1500];
    const steps = [step("a", 0, { gradients: 1 }), { ...step("b", 0, { losses: 1 }), bytes: 70 }];
    const { bytes } = await costOf(planOf(steps), { ...QUIET, held: () => held.shift() ?? 0, clock: ticking() });
    expect(bytes).toBe(1500 + 500 + 70);
    const beside = { ...QUIET, checkBytes: 90 };
    expect((await costOf(planOf(steps), { ...beside, clock: ticking() })).bytes).toBe(1000 + 90);
    const shrunk = [1000, 900];
    const less = await costOf(planOf(steps), { ...QUIET, held: () => shrunk.shift() ?? 0, clock: ticking() });
    expect(less.bytes).toBe(900 + 70);
  });
});

describe("the time of a plan", () => {
  it("is that of everything that the steps take, each kind as it was timed", async () => {
    const steps = [step("a", 2), step("b", 1, { products: 1, gradients: 10, losses: 100 }), step("c", 0, {})];
    const { instruments, msPerProduct } = await costOf(planOf(steps), { ...QUIET, clock: ticking() });
    expect(msPerProduct).not.toBeNull();
    const each = msPerProduct ?? Number.NaN;
    expect(instruments.map(({ seconds }) => 1000 * seconds)).toEqual([
      expect.closeTo(2 * each, 9),
      expect.closeTo(each + 110, 9),
      0,
    ]);
  });

  it("holds what it took to begin, and the checks, once; and the steps for each task", async () => {
    const surroundings = { ...QUIET, opening: 5000, checks: { wideLosses: 2000 } };
    const plan = (tasks: number) => planOf([step("a", 0, { gradients: 1000 })], tasks);
    const [once, thrice] = await Promise.all(
      [1, 3].map((tasks) => costOf(plan(tasks), { ...surroundings, clock: ticking() })),
    );
    expect(once).toMatchObject({ opening: 5, checks: 2 });
    expect(once.seconds).toBeCloseTo(5 + 2 + 1 + once.programs, 9);
    expect(thrice.seconds).toBeCloseTo(5 + 2 + 3 + thrice.programs, 9);
  });

  it("of many batches is that of a few, in proportion", async () => {
    const problem = problemOf(90);
    const plan: Plan = { ...planOf([step("a", 0, { gradients: 1 })]), problem };
    const { instruments } = await costOf(plan, { ...QUIET, clock: ticking() });
    expect(1000 * instruments[0].seconds).toBeCloseTo(90 / 80, 9);
  });
});
