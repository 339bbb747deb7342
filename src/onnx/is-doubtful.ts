import type { Tensor } from "../util/tensor.ts";
import { isFilled, isSinusoidTable, isZeroOneMask } from "./fixed-values.ts";
import type { LossSides } from "./loss-side.ts";
import {
  namesAdapter,
  namesAddend,
  namesEmbedding,
  namesFollower,
  namesLayer,
  namesLearned,
  namesTrained,
  namesTrainedNumber,
} from "./tensor-names.ts";
import {
  isBesideStatistics,
  isConvolution,
  isProductOfTensors,
  isStandardized,
  picksItself,
} from "./tensor-structure.ts";
import type { TensorUses, Use } from "./tensor-uses.ts";
import {
  isDesignedKernel,
  isFormula,
  isIncidence,
  isOrthogonal,
  isScaledSinusoidTable,
  isShares,
  isTyped,
  isVector,
} from "./written-values.ts";

/** What is known of a tensor that is taken for a parameter. */
export interface Doubted {
  readonly name: string;
  readonly tensor: Tensor;
  /** Stored in fewer bits than it is computed in: all its numbers are short. */
  readonly isHalf: boolean;
  /** Tensors of layers have the names that frameworks give them, so that another name tells something. */
  readonly namesLayers: boolean;
  /** The file has adapters. */
  readonly hasAdapters: boolean;
}

/**
 * Whether nothing in the file says that a tensor was trained, though its place is one of trained tensors:
 * its values are those of a formula; or its name is none of a layer's in a file that names layers, in a place where
 * numbers are kept that nobody trains; or it is in a module that follows a trained one, or is adapted. Gains of
 * normalisations, biases of layers, initial states and gains of residual branches are no such places, and what is
 * joined to activations, or added to them under a name that people give to embeddings and shifts.
 */
export function isDoubtful(
  flow: TensorUses,
  sides: LossSides,
  { name, tensor, isHalf, namesLayers, hasAdapters }: Doubted,
): boolean {
  if (namesFollower(name) || (hasAdapters && !isAdapter(flow, name))) return true;
  if (tensor.data.length === 1) return false;
  const uses = flow.of(name).filter(({ role }) => role !== "structural");
  const isNamed = namesLayer(name) || namesTrainedNumber(name) || namesLearned(name);
  if (!namesTrained(name) && isProductOfTensors(flow, name)) return true;
  if (uses.every(({ role }) => role === "arithmetic") && isBesideStatistics(flow, name)) return true;
  const isMade = !isHalf && ((isTyped(tensor) && new Set(tensor.data).size > FEW) || isShares(tensor));
  if (uses.some((use) => isSlotOfLayer(flow, sides, use))) {
    // Priors of classes are added to the last layer as a bias is.
    const isUnknown = namesLayers && !isNamed && !flow.isGenerated(name);
    const isAddend = isVector(tensor.shape) || namesAddend(name);
    return (
      isMade ||
      (isUnknown && uses.some((use) => use.role === "arithmetic" && (!isAddend || shiftsOutputs(flow, sides, use))))
    );
  }
  if (isZeroOneMask(tensor) && uses.some(({ node }) => node.op === "Mul")) return true;
  const isKernel = uses.some(({ node }) => isConvolution(node));
  if (!isHalf && isWritten(tensor, isNamed || flow.isGenerated(name), isKernel)) return true;
  if (uses.some((use) => isTrainedPlace(flow, sides, use))) return false;
  if (isNamed || !namesLayers) return false;
  return uses.some((use) => {
    const { op } = use.node;
    switch (use.role) {
      case "weight":
        return !flow.isGenerated(name) && flow.isLinear(use.node);
      case "table":
        if (!flow.isGenerated(name) && !namesEmbedding(name)) return true;
        return tensor.shape.length === 1 || picksItself(flow, name, use) || sides.of(name) !== undefined;
      case "arithmetic":
        if (op === "Add" && (flow.isGenerated(name) || namesAddend(name))) return false;
        return JOINED.has(op) && sides.of(name) !== "balanced";
      case "choice":
      case "limit":
        return !flow.isGenerated(name);
      default:
        return false;
    }
  });
}

/** Whether a tensor has no name of a layer's and is added to nothing but products with weights that are doubted: what was trained has both or neither. */
export function isShiftOfDoubtful(flow: TensorUses, name: string, doubted: ReadonlySet<string>): boolean {
  if (namesLayer(name) || namesTrainedNumber(name) || namesLearned(name)) return false;
  const uses = flow.of(name).filter(({ role }) => role !== "structural");
  return (
    uses.length > 0 &&
    uses.every((use) => {
      const weights = weightsShifted(flow, use);
      return weights.length > 0 && weights.every((each) => doubted.has(each));
    })
  );
}

/** The tensors that a linear operator multiplies by, of which a use adds to the products. */
function weightsShifted(flow: TensorUses, use: Use): string[] {
  const { node, role, slot } = use;
  if (role === "arithmetic" && flow.isBias(use)) return flow.weightsBehind(use);
  if (role !== "offset" || !flow.isLinear(node)) return [];
  return node.inputs.flatMap((each, i) => (i === slot ? [] : flow.leavesOf(each)));
}

/** Whether a tensor is added to the outputs of the last layer, of which there are as many. */
function shiftsOutputs(flow: TensorUses, sides: LossSides, use: Use): boolean {
  const size = flow.tensor(use.node.inputs[use.slot])?.tensor?.data.length ?? 0;
  const weights = flow.weightsBehind(use).flatMap((weight) => flow.tensor(weight)?.tensor?.shape ?? []);
  return sides.isLast(use.node) && weights.includes(size);
}

/** Whether a tensor is one of an adapter, by its name or by those of the nodes that read it. */
export function isAdapter(flow: TensorUses, name: string): boolean {
  return namesAdapter(name) || flow.of(name).some(({ node }) => namesAdapter(node.name));
}

/** Operators that have tensors which nobody trains as often as others as an operand. */
const JOINED = new Set(["Add", "Mul", "Div", "Sub", "Max", "Min"]);

/** As many different numbers as people start a tensor from. */
const FEW = 2;

/** Whether a layer or normalisation has a slot for the tensor, or it is the bias of one. */
function isSlotOfLayer(flow: TensorUses, sides: LossSides, use: Use): boolean {
  const { role } = use;
  if (role === "gain" || role === "offset" || role === "state") return true;
  return role === "arithmetic" && flow.isBias(use) && !sides.scalesOutput(use);
}

/** Whether only trained tensors stand in a place. */
export function isTrainedPlace(flow: TensorUses, sides: LossSides, use: Use): boolean {
  const { node, slot, role } = use;
  if (isSlotOfLayer(flow, sides, use)) return true;
  if (role !== "arithmetic" || node.inputs.length !== 2) return false;
  if (node.op !== "Mul" && node.op !== "Add") return false;
  if (isStandardized(flow, node.inputs[1 - slot], node.op === "Add" ? 1 : 0) || sides.scalesLayer(use)) return true;
  return node.op === "Mul" && sides.isBranch(node);
}

/** Values of a formula; in what may be a layer by its name only those that no layer starts from. */
function isWritten(tensor: Tensor, mayBeLayer: boolean, isKernel: boolean): boolean {
  const isDesigned = isKernel && isDesignedKernel(tensor);
  if (isSinusoidTable(tensor) || isScaledSinusoidTable(tensor)) return true;
  if (mayBeLayer) return (isTyped(tensor) && new Set(tensor.data).size > FEW) || (isDesigned && !isFilled(tensor));
  const isKept = isTyped(tensor) || isZeroOneMask(tensor);
  return isKept || isDesigned || isFormula(tensor) || isIncidence(tensor) || isOrthogonal(tensor);
}
