import { namesInSeries } from "./names-in-series.ts";
import { NUMBER_IN_NAME } from "./natural-order.ts";

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
