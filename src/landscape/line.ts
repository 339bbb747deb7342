import { z } from "zod";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { tensor } from "../util/tensor.ts";
import { axesParameters, expandedAxes, rangeFlag, usages } from "./asked.ts";
import { rangeAround, ticksOf } from "./grid.ts";
import { accuracyAlongLine, lossAlongLine } from "./line/line-figures.ts";
import { lineResult } from "./line/line-result.ts";
import { lineSections } from "./line/line-sections.ts";
import { planOfPoints, SEARCH_PRODUCTS } from "./plan-of-points.ts";
import { predicted, quadraticOf } from "./quadratic.ts";
import { SPANS } from "./spans/registry.ts";
import { AXIS_WORDS, axesOf, frameTask, measurePoints, pointsTask } from "./tasks.ts";

const parameters = z.object({
  direction: z
    .string()
    .default("random")
    .meta({ description: `where the line goes: ${usages(1)}`, placeholder: "WHERE", group: "Axes" }),
  x: rangeFlag("the line"),
  ...axesParameters.shape,
});

const ranges = z.object({ x: z.string().optional() });

export const line = defineExperiment({
  name: "line",
  summary: "the loss along a line through the weights",
  description:
    "The loss, and the accuracy, at weights along a line through those of the model, beside the parabola that slope and curvature predict. The files stay as they are.",
  choices: SPANS,
  document: "line",
  result: lineResult,
  figures: [lossAlongLine, accuracyAlongLine],
  show: lineSections,
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
    ["thalweg line model.onnx --data train.npz", "along a random direction"],
    ["thalweg line model.onnx --data train.npz --direction eig:1", "where the loss is sharpest"],
    ["thalweg line model.onnx --data train.npz --direction to:other.safetensors --x -0.5:1.5:81", "to other weights"],
  ],
  validate(options) {
    axesOf(options);
    const { x } = ranges.parse(options);
    if (x !== undefined) ticksOf(x, "--x");
  },
  reads: (options) => {
    const { span, words } = axesOf(options);
    return span.files(words);
  },
  expand: (options, filesOf) => ({ ...options, direction: expandedAxes(options["direction"], filesOf) }),
  plan: ({ problem }, options) => {
    const { span, words } = axesOf(options);
    const { x } = ranges.parse(options);
    const points = x === undefined ? 51 : ticksOf(x, "--x").values.length;
    const products = 1 + (span.isCostly === true && span.files(words).length === 0 ? SEARCH_PRODUCTS : 0);
    return planOfPoints(problem, { title: "the direction", products }, points);
  },
  async measure({ problem }, options, desk) {
    const asked = axesOf(options);
    const [frame] = await desk.tasks(frameTask, [{}]);
    const [axes] = frame.axes;
    const range =
      options.x ??
      asked.span.range ??
      rangeAround(
        axes.marks.map(({ at }) => at[0]),
        51,
      );
    const ticks = ticksOf(range, "--x");
    const [{ loss, accuracy, standardError, test }] = await measurePoints(problem, 1, [ticks], desk);
    const x = [...ticks.values];
    const values = x.map((at) => predicted(frame.loss, axes, [at]));
    desk.arrays.keep("x", tensor("float64", [x.length], ticks.values));
    desk.arrays.keep(
      "loss",
      tensor(
        "float64",
        [x.length],
        Float64Array.from(loss, (each) => each ?? Number.NaN),
      ),
    );
    const measured = loss.filter((each) => each !== null).length;
    return {
      result: {
        direction: options.direction,
        title: axes.titles[0],
        normalization: asked.normalization.name,
        length: axes.lengths[0],
        x,
        loss,
        accuracy,
        standardError,
        test,
        centre: ticks.centre,
        home: frame.loss,
        rounding: frame.rounding,
        gradientNorm: frame.gradientNorm,
        quadratic: {
          ...quadraticOf(
            axes,
            frame,
            x.map((at, i) => ({ at: [at], loss: loss[i] })),
          ),
          values,
        },
        marks: axes.marks.map(({ name, at, outside }) => ({ name, at: at[0], outside })),
        notes: axes.notes,
        measured,
        products: frame.products,
      },
      converged: axes.converged && measured === x.length,
      warnings: axes.warnings,
    };
  },
});
