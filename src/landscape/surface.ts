import { z } from "zod";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { axesParameters, expandedAxes, rangeFlag, usages } from "./asked.ts";
import type { Frame, FramedAxes } from "./frame.ts";
import { rangeAround, type Ticks, ticksOf } from "./grid.ts";
import type { LossesOnBoth } from "./losses.ts";
import { planOfPoints, SEARCH_PRODUCTS } from "./plan-of-points.ts";
import { predicted, quadraticOf } from "./quadratic.ts";
import { surfaceFigures } from "./surface/surface-figures.ts";
import { AXES, type PlaneResult, surfaceResult } from "./surface/surface-result.ts";
import { sharesOf, spreadOf } from "./surface/shares-of.ts";
import { surfaceSections } from "./surface/surface-sections.ts";
import { AXIS_WORDS, axesOf, frameTask, measurePoints, pointsTask } from "./tasks.ts";
import { SPANS } from "./spans/registry.ts";

const MOST_PLANES = 64;

const parameters = z.object({
  plane: z
    .string()
    .default("random")
    .meta({ description: `where the plane lies: ${usages(2)}`, placeholder: "WHERE", group: "Axes" }),
  x: rangeFlag("the first axis"),
  y: rangeFlag("the second axis"),
  ...axesParameters.shape,
  orthogonal: z
    .boolean()
    .default(false)
    .meta({ description: "make the second axis orthogonal to the first", group: "Axes" }),
  planes: z
    .int()
    .min(1)
    .max(MOST_PLANES)
    .default(1)
    .meta({ description: "so many random planes, of other seeds each", group: "Axes" }),
  share: z.boolean().default(true).meta({
    description: "do not measure what share of tr H and of the largest curvatures lies in the plane",
    group: "Axes",
  }),
  top: z
    .int()
    .min(1)
    .default(5)
    .meta({ description: "how many of the largest eigenvalues count as the largest curvatures", group: "Axes" }),
});

const ranges = z.object({ x: z.string().optional(), y: z.string().optional() });

/** Products that the shares take, about. */
const SHARE_PRODUCTS = 110;

export const surface = defineExperiment({
  name: "surface",
  summary: "the loss over a plane through the weights",
  description:
    "The loss, and the accuracy, at weights over a plane through those of the model, beside the quadratic that slope and curvature predict, with how much of the curvature the plane holds. The files stay as they are.",
  choices: SPANS,
  document: "surface",
  result: surfaceResult,
  figures: surfaceFigures,
  show: surfaceSections,
  arguments: [MODEL],
  subject: "problem",
  isRandom: true,
  endsEarly: true,
  readsHeldOut: true,
  checks: "every-run",
  ownWords: AXIS_WORDS,
  parameters,
  tasks: [frameTask, pointsTask],
  examples: [
    [
      "thalweg surface model.onnx --data train.npz --planes 3",
      "over random planes, each filter as long as its weights",
    ],
    [
      "thalweg surface model.onnx --data train.npz --plane eig:1,2 --x -0.5:0.5:41 --y -0.5:0.5:41",
      "where the loss is sharpest",
    ],
    ["thalweg surface model.onnx --data train.npz --plane pca:'step-*.safetensors'", "where a training went"],
  ],
  validate(options) {
    const { span } = axesOf(options);
    const { planes } = parameters.pick({ planes: true }).parse(options);
    if (planes > 1 && span.isRandom !== true) {
      throw new ThalwegError({
        kind: "usage",
        code: "one-plane",
        message: `--planes ${planes} asks for planes of other random numbers, and --plane ${span.name} has none.`,
        hint: "Leave --planes out.",
      });
    }
    const { x, y } = ranges.parse(options);
    if (x !== undefined) ticksOf(x, "--x");
    if (y !== undefined) ticksOf(y, "--y");
  },
  reads: (options) => {
    const { span, words } = axesOf(options);
    return span.files(words);
  },
  expand: (options, filesOf) => ({ ...options, plane: expandedAxes(options["plane"], filesOf) }),
  plan({ problem }, options) {
    const { span, words } = axesOf(options);
    const { x, y } = ranges.parse(options);
    const { planes, share } = parameters.pick({ planes: true, share: true }).parse(options);
    const along = (text: string | undefined) => (text === undefined ? 51 : ticksOf(text, "--x").values.length);
    const points = planes * along(x) * along(y);
    const products =
      AXES * planes +
      (share ? SHARE_PRODUCTS : 0) +
      (span.isCostly === true && span.files(words).length === 0 ? SEARCH_PRODUCTS : 0);
    return planOfPoints(problem, { title: "axes, and the curvature along them", products }, points);
  },
  async measure({ problem }, options, desk) {
    const asked = axesOf(options);
    const [frame] = await desk.tasks(frameTask, [{}]);
    const range = (text: string | undefined, axis: number) =>
      text ??
      asked.span.range ??
      rangeAround(
        frame.axes[0].marks.map(({ at }) => at[axis]),
        51,
      );
    const x = ticksOf(range(options.x, 0), "--x");
    const y = ticksOf(range(options.y, 1), "--y");
    const planes: PlaneResult[] = [];
    const measuredPlanes = await measurePoints(problem, frame.axes.length, [x, y], desk);
    for (const [plane, axes] of frame.axes.entries()) {
      const losses = measuredPlanes[plane];
      planes.push(planeOf(axes, frame, losses, [x, y], problem.space.dimension));
      const suffix = plane === 0 ? "" : `.${plane + 1}`;
      const shape = [y.values.length, x.values.length];
      if (plane > 0) desk.arrays.keep(`loss${suffix}`, tensor("float64", shape, flat(losses.loss)));
    }
    const shape = [y.values.length, x.values.length];
    const all = planes.flatMap(({ loss }) => loss.flat());
    const measured = all.filter((each) => each !== null).length;
    const quadratic = Float64Array.from({ length: shape[0] * shape[1] }, (_, i) =>
      predicted(frame.loss, frame.axes[0], atOf([x, y], i)),
    );
    desk.arrays.keep("x", tensor("float64", [x.values.length], x.values));
    desk.arrays.keep("y", tensor("float64", [y.values.length], y.values));
    return {
      result: {
        plane: options.plane,
        normalization: asked.normalization.name,
        orthogonal: options.orthogonal,
        x: [...x.values],
        y: [...y.values],
        centre: { x: x.centre, y: y.centre },
        home: frame.loss,
        rounding: frame.rounding,
        gradientNorm: frame.gradientNorm,
        trace: frame.trace,
        top: frame.top?.values ?? null,
        leading: frame.top?.converged === true ? frame.top.resolved : null,
        topConverged: frame.top?.converged ?? null,
        share: planes[0].share,
        planes,
        spread: spreadOf(frame),
        dimension: problem.space.dimension,
        loss: desk.arrays.keep("loss", tensor("float64", shape, flat(planes[0].loss.flat()))),
        quadratic: desk.arrays.keep("quadratic", tensor("float64", shape, quadratic)),
        measured,
        points: all.length,
        products: frame.products,
      },
      converged:
        measured === all.length &&
        frame.axes.every(({ converged }) => converged) &&
        (frame.top?.converged ?? true) &&
        (!options.share || frame.trace?.converged === true),
      warnings: frame.axes[0].warnings,
    };
  },
});

function planeOf(
  axes: FramedAxes,
  frame: Frame,
  { loss, accuracy, test }: LossesOnBoth,
  ticks: readonly [Ticks, Ticks],
  dimension: number,
): PlaneResult {
  const [x] = ticks;
  const rows = (values: readonly (number | null)[]) =>
    Array.from({ length: values.length / x.values.length }, (_, j) =>
      values.slice(j * x.values.length, (j + 1) * x.values.length),
    );
  return {
    axes: axes.titles,
    lengths: axes.lengths,
    cosine: axes.cosine ?? 0,
    loss: rows(loss),
    accuracy: accuracy && rows(accuracy),
    test: test && { loss: test.loss, accuracy: test.accuracy },
    quadratic: quadraticOf(
      axes,
      frame,
      loss.map((each, i) => ({ at: atOf(ticks, i), loss: each })),
    ),
    share: sharesOf(axes, frame, dimension),
    marks: axes.marks.map(({ name, at: [across, along], outside }) => ({ name, x: across, y: along, outside })),
    notes: axes.notes,
  };
}

function atOf([x, y]: readonly [Ticks, Ticks], i: number): [number, number] {
  return [x.values[i % x.values.length], y.values[Math.floor(i / x.values.length)]];
}

function flat(values: readonly (number | null)[]): Float64Array {
  return Float64Array.from(values, (each) => each ?? Number.NaN);
}
