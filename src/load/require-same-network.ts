import { inputError } from "../files/input-error.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { isSameLoss } from "../problem/same-loss.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { replaceWeights } from "./replace-weights.ts";
import { arraysIn } from "./weights-file.ts";

/**
 * The other file is of the same network where, given the tensors of this one, it computes the same graph.
 *
 * @throws input error `another-network`
 */
export function requireSameNetwork(
  problem: Parameters<typeof isSameLoss>[0],
  model: ModelFile,
  other: ModelFile,
): void {
  const refuse = (reason: string, hint: string) =>
    inputError(
      "another-network",
      `${other.file} is another network than ${model.file}: ${reason}`,
      { file: other.file },
      hint,
    );
  const asOurs = () => {
    try {
      return replaceWeights(other, arraysIn(model), model.file).model;
    } catch (error) {
      if (error instanceof ThalwegError && error.kind === "input")
        throw refuse(error.message, "Give weights of the same architecture.");
      throw error;
    }
  };
  const isSame = (ours: ModelFile) => {
    try {
      return isSameLoss(problem, ours);
    } catch (error) {
      if (error instanceof ThalwegError && error.kind === "input") return false;
      throw error;
    }
  };
  if (!isSame(asOurs()))
    throw refuse(
      "with the same weights it computes something else.",
      "Give weights of the same architecture, exported the same way.",
    );
}
