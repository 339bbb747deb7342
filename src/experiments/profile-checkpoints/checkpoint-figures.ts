import type { CheckpointsResult } from "./checkpoints-result.ts";
import { followedNumbers } from "./followed-numbers.ts";
import type { FigureFamily, FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import { stepsOf } from "../../util/steps-in-names.ts";

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
