import type { Loss } from "../problem/losses/loss.ts";
import { configuredLoss } from "../problem/losses/parametric-loss.ts";
import { LOSSES } from "../problem/losses/registry.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { LoadOptions } from "./load-options.ts";

/**
 * The loss that was named, with its own numbers; undefined where none was.
 *
 * @throws usage errors `bad-loss-option`, `unknown-loss`
 */
export function askedLoss({ loss, lossOption = [] }: Pick<LoadOptions, "loss" | "lossOption">): Loss | undefined {
  if (loss !== undefined) return configuredLoss(lossNamed(loss), lossOption);
  if (lossOption.length === 0) return undefined;
  throw new ThalwegError({
    kind: "usage",
    code: "bad-loss-option",
    message: "Options of a loss are given, but no loss.",
    hint: "Name the loss with --loss.",
  });
}

function lossNamed(name: string): Loss {
  const loss = LOSSES.find((each) => each.name === name);
  if (loss) return loss;
  throw new ThalwegError({
    kind: "usage",
    code: "unknown-loss",
    message: `There is no loss "${name}"; there are ${LOSSES.map((each) => each.name).join(", ")}.`,
  });
}
