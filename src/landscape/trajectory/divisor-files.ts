import { ThalwegError } from "../../util/thalweg-error.ts";

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

/**
 * The file of what the optimiser divided by at each checkpoint, for those that have one: the file of the same name, as `train` calls them.
 *
 * @throws usage error `no-checkpoint` where a file belongs to no checkpoint or is one, or where one could belong to several
 */
export function divisorFiles(checkpoints: readonly string[], divisors: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const divisor of divisors) {
    const name = nameOf(divisor);
    const own = checkpoints.filter((checkpoint) => nameOf(checkpoint) === name);
    const alike = divisors.filter((each) => nameOf(each) === name);
    if (own.length !== 1 || alike.length !== 1)
      throw new ThalwegError({
        kind: "usage",
        code: "no-checkpoint",
        message: `${divisor} is to belong to the checkpoint of its name, and ${own.length === 0 ? "none is" : "several files are"} called ${name}.`,
        hint: "Give --divisors of one training, with its checkpoints: run/checkpoints/step-000080.safetensors has run/divisors/step-000080.safetensors.",
      });
    if (own[0] === divisor)
      throw new ThalwegError({
        kind: "usage",
        code: "no-checkpoint",
        message: `${divisor} is a checkpoint, and is to hold what the optimiser divided by, too.`,
        hint: "Give what `thalweg train` wrote beside its checkpoints: --divisors 'run/divisors/*.safetensors'.",
      });
    found.set(own[0], divisor);
  }
  return found;
}

/** @throws input error `bad-divisors` where a number is not above 0 */
export function requireDivisors(path: string, divisors: Float64Array): Float64Array {
  if (divisors.every((each) => each > 0 && Number.isFinite(each))) return divisors;
  throw new ThalwegError({
    kind: "input",
    code: "bad-divisors",
    message: "Not every number in it is finite and above 0, as what an optimiser divides by is.",
    where: { file: path },
    hint: "Give what `thalweg train` wrote beside its checkpoints: 'run/divisors/*.safetensors'.",
  });
}
