import { minOf } from "./extremes.ts";

/**
 * What tells the files of a series apart: their paths below the folder that all of them share. Two series of one training
 * have the same names, wherever they lie.
 *
 * @example
 * namesInSeries(["run/a/step-0.safetensors", "run/a/step-5.safetensors"]); // ["step-0.safetensors", "step-5.safetensors"]
 */
export function namesInSeries(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split(/[\\/]/));
  const [first = [""]] = parts;
  // The name of a file stays, also where there is one file only.
  const most = Math.min(first.length - 1, minOf(parts.map((each) => each.length - 1)));
  let shared = 0;
  while (shared < most && parts.every((each) => each[shared] === first[shared])) shared++;
  return parts.map((each) => each.slice(shared).join("/"));
}
