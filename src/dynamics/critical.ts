import type { Problem } from "../problem/problem.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment, type Desk } from "../runs/experiment.ts";
import type { Plan } from "../runs/plan.ts";
import { rankCorrelation } from "../landscape/sensitivity/rank-correlation.ts";
import { medianOf } from "../linalg/median-of.ts";
import { tensor } from "../util/tensor.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import { KINDS } from "./critical/classify.ts";
import { indexAgainstLoss } from "./critical/critical-figures.ts";
import { criticalOptions, startsOf } from "./critical/critical-options.ts";
import { type CriticalClass, criticalResult } from "./critical/critical-result.ts";
import { criticalSections } from "./critical/critical-sections.ts";
import { countDistinct, lossSymmetryOf } from "./critical/distinct-points.ts";
import { gatherClasses } from "./critical/gather-classes.ts";
import { ENDS } from "./critical/search.ts";
import { methodFor, type Searched, searchTask, wideProblem } from "./critical/search-task.ts";

/** Steps that a search takes, about, for a plan. */
const USUAL_STEPS = 30;
/** Products of one task, about: some ten seconds for a small network. */
const PRODUCTS_A_TASK = 2 ** 14;
/** Numbers of an array that is kept beside the result, at most. */
const MOST_NUMBERS = 2 ** 24;

export const critical = defineExperiment({
  name: "critical",
  summary: "the critical points of the loss: minima, saddles by their index, and what lies between",
  description:
    "Look for critical points from many starts, by minimising ½‖∇L‖², which saddles attract as minima do; tell their kinds by all curvatures, 0 being what rounding and distance make it; put together those that are one up to symmetries of the network.\nWhat searches find is no census: points that attract few starts may be missing.",
  choices: [],
  document: "critical",
  result: criticalResult,
  figures: [indexAgainstLoss],
  show: criticalSections,
  subject: "problem",
  arguments: [MODEL],
  examples: [
    ["thalweg critical deep-linear:4-2-4 --data whitened.npz --loss mse --starts 600", "a landscape that is known"],
    ["thalweg critical model.onnx --data d.npz --from perturbed:0.5", "around trained weights"],
    [
      "thalweg critical model.onnx --data d.npz --from along --along 'run/checkpoints/*.safetensors'",
      "along a training",
    ],
  ],
  parameters: criticalOptions,
  tasks: [searchTask],
  isRandom: true,
  endsEarly: true,
  checks: "every-run",
  validate: (options) => void startsOf(criticalOptions.parse(options)),
  reads: (options) => criticalOptions.parse(options).along,
  expand: (options, filesOf) => ({ ...options, along: filesOf(criticalOptions.parse(options).along) }),
  plan: ({ problem }, options) => planOf(problem, startsOf(criticalOptions.parse(options)).count),
  async measure(subject, options, desk) {
    const problem = wideProblem(subject.problem);
    const { count } = startsOf(options);
    const size = Math.max(1, Math.floor(PRODUCTS_A_TASK / (USUAL_STEPS * problem.space.dimension)));
    const inputs = Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
      from: i * size,
      to: Math.min(count, (i + 1) * size),
    }));
    const searched = (await desk.tasks(searchTask, inputs)).flat();
    const found = searched.flatMap(({ point, ...search }) => (point === null ? [] : [{ ...search, ...point }]));
    const gathered = gatherClasses(found);
    const classes: CriticalClass[] = [];
    const symmetry = lossSymmetryOf(problem);
    for (const { about, points } of gathered) {
      throwIfInterrupted(desk.context);
      const { distinct, isLeast } = await countDistinct(
        points.map(({ theta }) => theta),
        symmetry,
        desk.random.split(`class ${classes.length}`),
        desk.context,
      );
      classes.push({ ...about, distinct, distinctIsLeast: isLeast });
    }
    const points = gathered
      .flatMap(({ points: each }, place) => each.map((point) => ({ ...point, class: place })))
      .toSorted((a, b) => a.start - b.start);
    return {
      result: {
        dimension: problem.space.dimension,
        from: options.from,
        starts: count,
        searched: searched.length,
        method: methodFor(problem).title,
        tolerance: options.tolerance,
        mostSteps: options.steps,
        ends: endsOf(searched),
        medianSteps: medianOf(found.map(({ steps }) => steps)),
        classes,
        kinds: KINDS.flatMap(({ name }) => {
          const mine = classes.filter(({ kind }) => kind === name);
          if (mine.length === 0) return [];
          return [{ kind: name, found: mine.reduce((sum, each) => sum + each.found, 0), classes: mine.length }];
        }),
        rankCorrelation: rankCorrelation(
          classes.map(({ loss }) => loss),
          classes.map(({ index }) => index),
        ),
        points: {
          start: points.map(({ start }) => start),
          class: points.map((each) => each.class),
          loss: points.map(({ loss }) => loss),
          index: points.map(({ negative }) => negative),
          gradientNorm: points.map(({ gradientNorm }) => gradientNorm),
          relativeGradient: points.map(({ gradientNorm, gradientAtStart }) =>
            gradientAtStart === 0 ? 0 : gradientNorm / gradientAtStart,
          ),
        },
        weights: kept(
          "weights",
          points.map(({ theta }) => theta),
          desk,
        ),
        eigenvalues: kept(
          "eigenvalues",
          points.map(({ eigenvalues }) => eigenvalues),
          desk,
        ),
      },
      converged: searched.length === count,
    };
  },
});

function endsOf(searched: readonly Searched[]) {
  return ENDS.flatMap(({ name }) => {
    const count = searched.filter(({ end }) => end === name).length;
    return count === 0 ? [] : [{ end: name, count }];
  });
}

function kept(name: string, rows: readonly Float64Array[], { arrays }: Pick<Desk, "arrays">) {
  const [first] = rows;
  if (first === undefined || rows.length * first.length > MOST_NUMBERS) return null;
  const all = new Float64Array(rows.length * first.length);
  rows.forEach((row, i) => all.set(row, i * first.length));
  return arrays.keep(name, tensor("float64", [rows.length, first.length], all));
}

function planOf(problem: Problem, starts: number): Plan {
  const { dimension } = problem.space;
  const products = starts * (USUAL_STEPS + 2) * dimension;
  return {
    noun: "step",
    steps: [
      { name: "searches", title: `${starts} searches`, products, bytes: 3 * 8 * dimension ** 2, skipped: undefined },
    ],
    tasks: 1,
    problem,
    warnings: [],
  };
}
