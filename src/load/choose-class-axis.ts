import { classLayout, classLayouts } from "../problem/losses/class-layout.ts";
import { outputLink } from "../problem/output-link.ts";
import type { Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { compareReadings } from "./compare-readings.ts";
import { type LossEvidence, notClear } from "./loss-evidence.ts";
import { distributionsAlong } from "./output-evidence.ts";

/** The axis of the outputs that the classes lie on, and a sentence where another would have fitted too. */
export interface ChosenClassAxis {
  readonly axis: number | undefined;
  readonly note?: string;
  /** Where the last layer's units lie along another axis. */
  readonly warning?: string;
}

/**
 * The class axis: as asked; the only one that fits; the one along which soft labels add up to 1; that of a
 * final softmax; the one along which the outputs are distributions. Where shapes and values leave several, axis 1 by
 * PyTorch's convention, if the last learned weights have their units there or the graph does not tell; where they
 * have them elsewhere, the axis on which the weights predict the labels.
 *
 * @throws ThalwegError `class-axis`; `loss-not-clear` where labels, softmax, units or convention contradict each other
 */
export async function chooseClassAxis(evidence: LossEvidence): Promise<ChosenClassAxis> {
  const { outputs, labels, summary, observer, asked, unitAxis: units } = evidence;
  const { shape } = outputs;
  const fitting = classLayouts(shape, labels).map(({ axis }) => axis);
  if (asked.classAxis !== undefined) return { axis: askedAxis(asked.classAxis, shape, fitting) };
  if (fitting.length === 0) return { axis: undefined };
  const only = (axes: readonly (number | undefined)[]) => {
    const among = axes.filter((axis) => axis !== undefined && fitting.includes(axis));
    return among.length === 1 ? among[0] : undefined;
  };
  const soft = classLayout(shape, labels)?.soft === true;
  const sums = soft ? only(labelAxesInOutputs(summary.simplexAxes, labels, shape)) : undefined;
  const link = outputLink(outputs);
  const softmax = link?.normalises ? only([link.axis]) : undefined;
  if (sums !== undefined && softmax !== undefined && sums !== softmax)
    throw notClear(
      `The labels add up to 1 along axis ${sums} of the outputs' shape [${shown(shape)}], but the final ${link?.name} is over axis ${softmax}.`,
      "One of them is transposed; save the labels in the order of the outputs, or say which axis holds the classes with --class-axis.",
      labels,
    );
  const contradiction = (axis: number) =>
    units === undefined || units === axis
      ? undefined
      : `The classes were taken to be on axis ${axis} of the outputs [${shown(shape)}], since the labels [${shown(labels)}] fit so; but the last layer's units lie along axis ${units}. If those are the classes, ${fitting.includes(units) ? `give --class-axis ${units}` : "the axes of the labels are in another order than those of the outputs: transpose the labels"}; --class-axis ${axis} says that axis ${axis} is meant.`;
  if (fitting.length === 1) return { axis: fitting[0], warning: contradiction(fitting[0]) };
  const others = (axis: number) => fitting.filter((each) => each !== axis).join(" and ");
  const taken = (axis: number, because: string) =>
    `The classes were taken to be on axis ${axis} of the outputs [${shown(shape)}], ${because}; axis ${others(axis)} would fit too: --class-axis says it for certain.`;
  const reasons: readonly (readonly [() => number | undefined | Promise<number | undefined>, string])[] = [
    [() => sums, "along which the labels add up to 1"],
    [() => softmax, `that of the final ${link?.name}`],
    [
      async () => {
        const home = await observer.home();
        return only(fitting.filter((axis) => distributionsAlong(home, axis) !== undefined));
      },
      "along which the outputs are distributions",
    ],
  ];
  for (const [find, because] of reasons) {
    const axis = await find();
    if (axis !== undefined) return { axis, warning: contradiction(axis), note: taken(axis, because) };
  }
  const convention = classLayout(shape, labels)?.axis;
  if (convention === undefined) return { axis: undefined };
  if (units === convention) return { axis: units, note: taken(units, "along which the last layer's units lie") };
  const compared = compareReadings(fitting, await observer.home(), { labelsOf: evidence.labelsOf, shape: labels });
  const beside = compared ? ` ${compared.sentence}` : "";
  const ofLayer = units !== undefined && fitting.includes(units) ? units : undefined;
  if (compared?.decided !== undefined && [convention, ofLayer].includes(compared.decided) && ofLayer !== undefined)
    return {
      axis: compared.decided,
      note: `${taken(compared.decided, "where the weights predict the labels")}${beside}`,
    };
  if (ofLayer === undefined && (compared?.decided ?? convention) === convention)
    return { axis: convention, warning: `${taken(convention, "by convention")}${beside}` };
  const against =
    ofLayer === undefined
      ? `the weights predict the labels on axis ${compared?.decided}`
      : `the last layer's units lie along axis ${ofLayer}`;
  throw notClear(
    `The classes could be on axis ${fitting.join(" or ")} of the outputs [${shown(shape)}]: by PyTorch's convention they are on axis ${convention}, but ${against}.${beside}`,
    `Say which: ${fitting.map((axis) => `--class-axis ${axis}`).join(" or ")}.`,
    labels,
  );
}

/** Axes of the labels as axes of outputs that have the same shape up to axes of length 1, or with leading axes merged. */
export function labelAxesInOutputs(axes: readonly number[], labels: Shape, outputs: Shape): number[] {
  const after = (shape: Shape, axis: number) => shape.slice(axis + 1).filter((extent) => extent !== 1).length;
  return axes.flatMap((axis) => {
    const at = outputs.findIndex(
      (extent, each) => each > 0 && extent === labels[axis] && after(outputs, each) === after(labels, axis),
    );
    return at < 0 ? [] : [at];
  });
}

function askedAxis(asked: number, shape: Shape, fitting: readonly number[]): number {
  const axis = asked < 0 ? asked + shape.length : asked;
  if (fitting.includes(axis)) return axis;
  throw new ThalwegError({
    kind: "usage",
    code: "class-axis",
    message: `The classes cannot lie on axis ${asked} of the outputs [${shown(shape)}]: the labels do not fit.`,
    where: { shape },
    hint:
      fitting.length === 0
        ? "No axis of the outputs fits the labels as classes; check that data and model belong together."
        : `The labels fit with the classes on axis ${fitting.join(" or ")}.`,
  });
}

/** A shape with the examples as N. */
function shown([, ...rest]: Shape): string {
  return ["N", ...rest].join(", ");
}
