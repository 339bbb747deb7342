import { NUMBER_IN_NAME } from "../../util/natural-order.ts";
import type { CheckpointsResult } from "./checkpoints-result.ts";
import { followedNumbers } from "./followed-numbers.ts";
import type { FigureFamily, FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import { namesInSeries } from "../../util/names-in-series.ts";

/** One figure for each number that is followed over the checkpoints; none where fewer than two of them have it. */
export const checkpointFigures: FigureFamily<CheckpointsResult> = ({ checkpoints }) => {
  const steps = stepsOf(checkpoints.map(({ weights }) => weights));
  return followedNumbers(checkpoints).map(({ name, label, values }) => ({
    name: `checkpoints-${name}`,
    of() {
      const rows = values.flatMap((each, i) =>
        each?.number ? [{ step: steps.values[i], weights: checkpoints[i].weights, ...each.number }] : [],
      );
      return rows.length < 2 ? undefined : drawn(label, rows, steps.title);
    },
  }));
};

interface Row {
  readonly step: number;
  readonly weights: string;
  readonly value: number;
  readonly error: number | null;
}

function drawn(axis: string, rows: readonly Row[], steps: string): ReturnType<FigureKind<CheckpointsResult>["of"]> {
  const values = finite(
    rows.map(({ step, weights, value, error }) => ({
      step,
      value,
      low: value - (error ?? 0),
      high: value + (error ?? 0),
      tip: `${weights}: ${axis} ${said(value, error)}`,
    })),
  );
  const x = { field: "step", type: "quantitative", title: steps, scale: { zero: false, nice: false } } as const;
  const y = {
    field: "value",
    type: "quantitative",
    title: axis,
    scale: { zero: false },
    ...wideAxis(values.map(({ value }) => value)),
  } as const;
  return {
    title: `${axis} over the checkpoints`,
    description:
      "What each checkpoint has; the bar through a point is its error: what rounding or a residual leaves, or one standard error. A checkpoint without a point has no such number.",
    spec: frame({
      height: 180,
      data: { values },
      layer: [
        { mark: { type: "line", strokeWidth: 1.6, color: COLOUR.primary }, encoding: { x, y } },
        {
          mark: { type: "rule", color: COLOUR.ink, strokeWidth: 1.5 },
          encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, size: 42, opacity: 1, color: COLOUR.primary },
          encoding: { x, y, ...TIP },
        },
      ],
    }),
    table: {
      columns: ["weights", axis, "±"],
      rows: rows.map(({ weights, value, error }) => [weights, value, error]),
    },
  };
}

/**
 * Where the checkpoints stand: at the number in their names, as steps and learning rates have it, where that is the one
 * thing that differs between them and it rises or falls from one to the next; else at their places in the list.
 *
 * @example
 * stepsOf(["run/step-000.safetensors", "run/step-100.safetensors"]).values; // [0, 100]
 */
export function stepsOf(paths: readonly string[]): { readonly values: readonly number[]; readonly title: string } {
  const numbers = differingNumbers(namesInSeries(paths));
  return numbers !== undefined && isMonotone(numbers)
    ? { values: numbers, title: "number in the name of the checkpoint" }
    : { values: paths.map((_, i) => i + 1), title: "place of the checkpoint" };
}

/** The number of each name where names differ in that alone; it may stand there more than once. */
function differingNumbers(names: readonly string[]): number[] | undefined {
  const [first, ...others] = names.map((name) => name.replaceAll(NUMBER_IN_NAME, "#"));
  if (others.some((each) => each !== first)) return undefined;
  const found = names.map((name) => name.match(NUMBER_IN_NAME) ?? []);
  const places = [...(found.at(0) ?? []).keys()].filter((i) => found.some((each) => each[i] !== found[0][i]));
  const [place] = places;
  if (place === undefined || found.some((each) => places.some((i) => each[i] !== each[place]))) return undefined;
  return found.map((each) => Number(each[place]));
}

function isMonotone(numbers: readonly number[]): boolean {
  // Whole numbers so large that two may be one are names: hashes, times.
  if (numbers.some((each) => !Number.isFinite(each) || Math.abs(each) > Number.MAX_SAFE_INTEGER)) return false;
  const steps = numbers.slice(1).map((each, i) => Math.sign(each - numbers[i]));
  return steps.every((step) => step !== 0 && step === steps[0]);
}
