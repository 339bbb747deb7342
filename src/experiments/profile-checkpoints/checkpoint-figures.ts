import type { CheckpointResult, CheckpointsResult } from "./checkpoints-result.ts";
import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";

/** A number that each checkpoint has one of. */
interface Quantity {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly description: string;
  of(checkpoint: CheckpointResult): { readonly value: number; readonly error: number | null } | undefined;
}

const QUANTITIES: readonly Quantity[] = [
  {
    name: "checkpoints-loss",
    title: "Loss over the checkpoints",
    axis: "loss",
    description:
      "The loss over all examples at the weights of each checkpoint; the bar through a point is what rounding leaves unknown.",
    of: ({ loss, lossRounding }) => ({ value: loss, error: lossRounding }),
  },
  {
    name: "checkpoints-held-out",
    title: "Held-out loss over the checkpoints",
    axis: "held-out loss",
    description:
      "The loss on the held-out examples at the weights of each checkpoint; the bar through a point is one standard error over the draw of these examples, which all checkpoints share.",
    of: ({ heldOut }) => (heldOut === null ? undefined : { value: heldOut.loss, error: heldOut.lossError }),
  },
  {
    name: "checkpoints-top",
    title: "Largest eigenvalue of the Hessian over the checkpoints",
    axis: "λmax",
    description:
      "The largest eigenvalue of the Hessian at each checkpoint. Within the bar through a point, its residual, an eigenvalue is certain to lie. A checkpoint without a point has none that was found.",
    of: ({ top }) => (top?.[0] ? { value: top[0].value, error: top[0].residual } : undefined),
  },
  {
    name: "checkpoints-gradient",
    title: "Length of the gradient over the checkpoints",
    axis: "‖g‖",
    description:
      "The Euclidean norm of the gradient of the loss over all examples at each checkpoint; the bar through a point is what rounding leaves unknown.",
    of: ({ gradientNorm, gradientRounding }) => ({ value: gradientNorm, error: gradientRounding }),
  },
];

/** One figure for each number that is followed over the checkpoints; none where fewer than two of them have it. */
export const checkpointFigures: readonly FigureKind<CheckpointsResult>[] = QUANTITIES.map((quantity) => ({
  name: quantity.name,
  of({ checkpoints }) {
    const steps = stepsOf(checkpoints.map(({ weights }) => weights));
    const rows = checkpoints.flatMap((checkpoint, i) => {
      const found = quantity.of(checkpoint);
      return found ? [{ step: steps.values[i], weights: checkpoint.weights, ...found }] : [];
    });
    return rows.length < 2 ? undefined : drawn(quantity, rows, steps.title);
  },
}));

interface Row {
  readonly step: number;
  readonly weights: string;
  readonly value: number;
  readonly error: number | null;
}

function drawn(
  { title, axis, description }: Quantity,
  rows: readonly Row[],
  steps: string,
): ReturnType<FigureKind<CheckpointsResult>["of"]> {
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
    title,
    description,
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
 * Where the checkpoints stand: at the last number of their names where it rises from one to the next, as the steps of a
 * training do, else at their places in the list.
 *
 * @example
 * stepsOf(["run/step-000.safetensors", "run/step-100.safetensors"]).values; // [0, 100]
 */
export function stepsOf(names: readonly string[]): { readonly values: readonly number[]; readonly title: string } {
  const numbers = names.map((name) => {
    const digits = name
      .replace(/^.*[/\\]/, "")
      .replace(/\.safetensors$/, "")
      .match(/\d+/g)
      ?.at(-1);
    return digits === undefined ? Number.NaN : Number(digits);
  });
  const isRising = numbers.every((number, i) => Number.isSafeInteger(number) && (i === 0 || number > numbers[i - 1]));
  return isRising
    ? { values: numbers, title: "number in the name of the checkpoint" }
    : { values: names.map((_, i) => i + 1), title: "place of the checkpoint" };
}
