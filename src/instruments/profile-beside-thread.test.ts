import { expect, it, onTestFinished, vi } from "vitest";
import { reduceSymmetric, toTheEnd } from "../linalg/symmetric-eigen.ts";
import type { Figure } from "../figures/figure.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { Point } from "../problem/point.ts";
import type { ReductionThread, Runtime } from "../runtime/runtime.ts";
import { createRandom } from "../random/random-stream.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { runProfile } from "./profile.ts";
import { profileFigures } from "./profile-figures.ts";

const stream = createRandom(5);
const normals = (count: number, scale: number) => [...stream.normalVector(count)].map((x) => scale * x);
/** Of 1 011 parameters: from a thousand on, a thread of its own reduces the matrix, where there is one. */
const layers = [
  { name: "a", inputs: 12, weights: normals(12 * 63, 0.3), bias: normals(63, 0.1), activation: "Relu" },
  { name: "b", inputs: 63, weights: normals(63 * 3, 0.1), bias: normals(3, 0.1) },
];
const x = Array.from({ length: 30 }, () => normals(12, 1));
const y = x.map((_, i) => i % 3);

/** A profile with a thread of this kind, or with none; and in what order things were done. */
async function profileWith(reduce?: ReductionThread["reduce"], log: string[] = []) {
  const problem = denseProblem(layers, x, y, crossEntropy);
  const thread: ReductionThread | undefined = reduce && {
    reduce,
    [Symbol.asyncDispose]: () => Promise.resolve(void log.push("the thread ends")),
  };
  const open = () => {
    log.push("the thread begins");
    return thread;
  };
  const runtime: Runtime = Object.create(problem.runtime, { openReduction: { value: thread && open } });
  Object.defineProperty(problem, "runtime", { value: runtime });
  const eachBatch = vi.spyOn(Point.prototype, "eachBatch").mockImplementation(function (this: Point, ...args) {
    log.push(args[0].name);
    return original.apply(this, args);
  });
  onTestFinished(() => eachBatch.mockRestore());
  const meanwhile = () => Promise.resolve(log.push("what the caller has to do"));
  const options = { only: "eigenvalues,gradient,trace,spectrum,layers,attribution,noise,units,flatness" };
  const figures: Figure[] = [];
  const { result, arrays, checks, faults } = await runProfile(
    problem,
    options,
    createRandom(0),
    { meanwhile },
    (drawn) => {
      figures.push(...drawn);
      log.push(...drawn.map(({ name }) => `${name} is drawn`));
    },
  );
  eachBatch.mockRestore();
  await problem.close();
  return { result, checks, faults, figures, arrays: [...arrays.entries()] };
}

const original = Point.prototype.eachBatch;

it("is the same, to the order of what it lists, whether a thread reduces the matrix, and whenever that ends", async () => {
  const without = await profileWith();
  const early = await profileWith((matrix, n) => Promise.resolve(toTheEnd(reduceSymmetric(matrix, n))));
  const log: string[] = [];
  const late = await profileWith(
    (matrix, n) =>
      new Promise((resolve) => {
        const isOver = () => log.includes("what the caller has to do");
        const look = () => (isOver() ? resolve(toTheEnd(reduceSymmetric(matrix, n))) : setImmediate(look));
        look();
      }),
    log,
  );
  expect(without.faults).toEqual([]);
  expect(without.result.sections.map(({ status }) => status)).toEqual(Array(9).fill("measured"));
  // In which order figures are drawn is nothing that is shown.
  const shown = ({ figures, ...profile }: Awaited<ReturnType<typeof profileWith>>) => ({
    ...profile,
    figures: Object.fromEntries(figures.map((figure) => [figure.name, figure])),
  });
  expect(shown(early)).toEqual(shown(without));
  expect(shown(late)).toEqual(shown(without));
  expect(log.filter((each) => each.startsWith("the thread"))).toEqual(["the thread begins", "the thread ends"]);
  // What waits for no eigenvalue was done while the thread was waited for: instruments, too.
  const [units, over] = [log.indexOf("units"), log.indexOf("what the caller has to do")];
  expect(units).toBeGreaterThan(-1);
  expect(units).toBeLessThan(over);
  // It is drawn at once, too; nothing is drawn before it is what it will be.
  expect(log.indexOf("units is drawn")).toBeGreaterThan(over);
  expect(log.indexOf("units is drawn")).toBeLessThan(log.indexOf("extremal-eigenvalues is drawn"));
  const final = profileFigures(without.result).figures;
  expect(final.map(({ name }) => name)).toContain("spectral-density");
  for (const { figures } of [without, early, late]) {
    for (const figure of figures) expect(final).toContainEqual(figure);
    expect(new Set(figures.map(({ name }) => name))).toEqual(new Set(final.map(({ name }) => name)));
  }
});
