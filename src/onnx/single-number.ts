import type { Shape } from "../util/tensor.ts";
import { isUncommon } from "./fixed-values.ts";
import type { LossSides } from "./loss-side.ts";
import { doubtful, fixed, held, parameter, place, ROLE_NAMES, type Decision } from "./role-decision.ts";
import { isGraphPath, isModulePath, namesFixed, namesLearned, namesTrainedNumber } from "./tensor-names.ts";
import { entersTensors, isGuard, normalizesInput } from "./tensor-structure.ts";
import type { TensorUses, Use } from "./tensor-uses.ts";
import { isDyadic } from "./written-values.ts";

/** A tensor of one number without a role of its own. */
export interface SingleNumber {
  readonly name: string;
  readonly value: number;
  readonly shape: Shape;
  /** Stored in fewer bits than it is computed in. */
  readonly isHalf: boolean;
  readonly inNode: boolean;
  /** An exporter wrote it down: the network has no tensor of this name. */
  readonly madeUp: boolean;
  readonly fromPyTorch: boolean;
}

/** What a number goes through that is trained freely and used within a range. */
const GATES = new Set(["Exp", "Sigmoid", "Softplus", "Tanh"]);

/**
 * What a single number is taken for, which most files hold many of: the operands of formulas, bounds, statistics of
 * data, and here and there a temperature or a gate that is trained. Its name decides, then whether it looks like a
 * number that nobody typed, then where it stands.
 */
export function singleNumber(number: SingleNumber, live: readonly Use[], uses: TensorUses, sides: LossSides): Decision {
  const { name, value, shape, isHalf, inNode, madeUp, fromPyTorch } = number;
  const [use] = live;
  const uncommon = isUncommon(value);
  // PyTorch's exporter keeps what it folds as an initialiser: a function of trained numbers, or a formula of fixed ones.
  if (madeUp && !inNode && name.startsWith("onnx::") && uncommon)
    return held("a single number that the exporter folded");
  if (madeUp) return fixed("a single number");
  const trained = parameter(`${ROLE_NAMES[use.role]} of ${place(use)}`);
  // Numbers that are trained start at 0 or 1, or have been trained.
  const isStart = value === 0 || value === 1;
  if (namesTrainedNumber(name) || namesLearned(name)) return { ...trained, open: !uncommon && !isStart };
  if (value === 1 && use.node.op === "Sub" && use.slot === 0)
    return (fromPyTorch ? held : fixed)(`the one of 1 − x in ${place(use)}`);
  const isOfNetwork = !inNode && (fromPyTorch || isModulePath(name));
  if (namesFixed(name)) {
    if (uncommon || !isGuard(uses, name)) return held("a single number, by its name");
    // An ε that the network has a tensor for may be trained (FRN; Singh 2020).
    return (isOfNetwork ? held : fixed)(`keeps ${place(use)} away from 0`);
  }
  if (inNode) return uncommon ? held("a single number in a Constant node") : fixed("a single number");
  // Graphs of TensorFlow name numbers after the operator that they are written for; variables are read by their names.
  if (isGraphPath(name)) return held("a single number written into the graph, by its name");
  // Limits are chosen far more often than trained.
  if (!isOfNetwork) return uncommon && use.role !== "limit" ? doubtful(trained.reason) : held("a single number");
  // A factor of nothing is where a gate starts; nobody would keep it.
  const isClosed = value === 0 && (GATES.has(use.node.op) || use.node.op === "Mul");
  const isLearned = uncommon && (isHalf || !isDyadic(value));
  return { ...trained, open: !isClosed && (!isLearned || isMeasured()) };

  /** Whether it stands where factors and bounds of weights do, what a loss is made of, statistics of data or of activations. */
  function isMeasured(): boolean {
    if (entersTensors(uses, name) || sides.of(name) !== undefined) return true;
    return live.every((each) => {
      if (sides.scalesLast(each) || normalizesInput(uses, each, shape)) return true;
      // Factors of branches are gates.
      const { op } = each.node;
      return op === "Div" || (op === "Mul" && !sides.isBranch(each.node));
    });
  }
}
