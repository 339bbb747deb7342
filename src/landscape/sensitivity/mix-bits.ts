import type { Problem } from "../../problem/problem.ts";
import type { Change } from "./change.ts";
import { isChange } from "./change-kinds.ts";
import { chooseBits } from "./choose-bits.ts";
import { FLOAT_BITS, storedBits } from "./round-to-bits.ts";
import { changedLoss, type SensitivityResult, type TensorChange } from "./sensitivity-result.ts";

type Choice = NonNullable<SensitivityResult["choice"]>;

/** What a tensor costs alone, as measured: what lowers the loss counts as no cost. */
function costOf({ measured }: TensorChange): number {
  return Math.max(0, measured);
}

/** The mix of bits whose costs, tensor by tensor, add up to least; null where none within the budget leaves the loss finite. */
export function mixBits(
  rows: readonly TensorChange[],
  tensors: Problem["space"]["tensors"],
  changes: readonly Change[],
  budget: number,
): { readonly choice: Omit<Choice, "outcome" | "uniform" | "mix">; readonly changes: (Change | undefined)[] } | null {
  const names = tensors.map(({ name, label }) => label ?? name);
  const ways = tensors.map(({ size: numbers }, i) => [
    { bits: FLOAT_BITS, size: FLOAT_BITS * numbers, cost: 0, change: undefined },
    ...changes
      .flatMap((change, k) => {
        const row = rows[i * changes.length + k];
        const { size: bits } = change;
        if (bits === undefined) return [];
        return { bits, size: storedBits(numbers, bits, row.channels), cost: costOf(row), change };
      })
      .filter(({ cost }) => Number.isFinite(cost)),
  ]);
  const whole = FLOAT_BITS * tensors.reduce((sum, { size }) => sum + size, 0);
  const found = chooseBits(ways, budget * whole);
  if (found === undefined) return null;
  const { chosen, cost, bound, size } = found;
  return {
    choice: {
      budget,
      used: size / whole,
      tensors: names.map((name, i) => ({ name, bits: ways[i][chosen[i]].bits })),
      expected: cost,
      bound,
    },
    changes: ways.map((each, i) => each[chosen[i]].change),
  };
}

/** The share of 32-bit floats that all tensors take at the same bits. */
function usedAt(change: Change, bits: number, rows: readonly TensorChange[]): number {
  const all = rows.filter((row) => isChange(change, row));
  const whole = all.reduce((sum, { parameters }) => sum + FLOAT_BITS * parameters, 0);
  return all.reduce((sum, row) => sum + storedBits(row.parameters, bits, row.channels), 0) / whole;
}

/** The mix, or the same bits for every tensor where those, too, fit and cost less with all of it at once. */
export function chosenOf(
  mix: Omit<Choice, "uniform" | "mix">,
  rows: readonly TensorChange[],
  together: SensitivityResult["together"],
  changes: readonly Change[],
): Choice {
  const [best] = changes
    .flatMap((change, i) =>
      change.size === undefined
        ? []
        : [{ change, bits: change.size, used: usedAt(change, change.size, rows), outcome: together[i] }],
    )
    .filter(({ used, outcome }) => used <= mix.budget && Number.isFinite(outcome.measured))
    .sort((a, b) => a.outcome.measured - b.outcome.measured);
  const uniform = best === undefined ? null : { bits: best.bits, measured: best.outcome.measured };
  const found = { ...mix, uniform, mix: mix.outcome.measured };
  if (best === undefined || mix.outcome.measured <= best.outcome.measured) return found;
  return {
    ...found,
    used: best.used,
    tensors: mix.tensors.map(({ name }) => ({ name, bits: best.bits })),
    expected: rows.filter((row) => isChange(best.change, row)).reduce((sum, row) => sum + costOf(row), 0),
    outcome: changedLoss.parse(changedLoss.encode(best.outcome)),
  };
}
