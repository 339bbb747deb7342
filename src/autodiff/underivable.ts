import type { Value } from "../graph/value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

export function underivable(value: Value): ThalwegError {
  const { name } = value.operation;
  return new ThalwegError({
    kind: "input",
    code: "no-derivative",
    message: `${name} has no derivative rule, and the gradient would have to pass through it.`,
    where: { op: name, shape: value.shape },
    hint: "Name the node with --freeze to treat its output as a constant.",
  });
}
