import { isFloat, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import {
  isAdditiveMask,
  isDistanceTable,
  isFilled,
  isGrid,
  isIdentity,
  isProgression,
  isSinusoidTable,
  isZeroOneMask,
} from "./fixed-values.ts";
import { foldedNorms } from "./derived-tensors.ts";
import { type Doubted, isAdapter, isDoubtful, isShiftOfDoubtful, isTrainedPlace } from "./is-doubtful.ts";
import type { IsGenerated } from "./generated-names.ts";
import { LossSides } from "./loss-side.ts";
import type { OnnxGraph, StoredTensor } from "./onnx-node.ts";
import {
  doubtful,
  fixed,
  held,
  parameter,
  place,
  ROLE_NAMES,
  statistic,
  type Decision,
  type TensorRole,
} from "./role-decision.ts";
import type { SlotRole } from "./rule.ts";
import { singleNumber } from "./single-number.ts";
import {
  isGraphLiteral,
  isGraphPath,
  namesBuffer,
  namesFixed,
  namesLayer,
  namesMask,
  namesPowerIteration,
  namesStatistic,
  namesTrained,
} from "./tensor-names.ts";
import { tensorLabels, type Labelled } from "./tensor-labels.ts";
import {
  isAngle,
  isConvolution,
  isFourierMatrix,
  isGuard,
  isMean,
  isVariance,
  maskedBy,
  normalizesInput,
  powerIterationFor,
  weighsLabels,
  weighsShares,
} from "./tensor-structure.ts";
import { isDesignedKernel, isPattern, isScaledSinusoidTable, isSmooth, isTyped, isVector } from "./written-values.ts";
import { TensorUses, type FindRule, type InputShapes, type Use } from "./tensor-uses.ts";

export interface Parameter {
  readonly name: string;
  readonly label: string;
  readonly node: string | undefined;
  readonly shape: Shape;
  readonly dtype: FloatType;
  readonly data: Float32Array | Float64Array;
  readonly reason: string;
  /** Nothing in the file says that it was trained. */
  readonly open: boolean;
}

/**
 * Which tensors of a file are parameters, which are statistics, which are constants, each with the
 * reason. ONNX does not say. A parameter is what the network trains, so the decision follows
 *
 * 1. **the role** that a tensor plays for the operators that read it, through moves and through
 *    arithmetic among weights: a weight, gain, bias, table or initial state is a parameter whatever
 *    its values are and wherever the file keeps it; sizes, indices and conditions are constants;
 * 2. **the structure** around it: vectors of a power iteration, pruning masks, variances of a
 *    normalisation, what standardises the input or scales the outputs, and factors of a loss are not trained; centres,
 *    trained limits, branches and operands of activations are;
 * 3. **its name**, then **its values**, only where it has no role of its own: masks, sampled sinusoids,
 *    grids, single numbers, what an exporter wrote down as a constant. A name that is that of a buffer (adjacency,
 *    prior, basis) is asked for weights, tables and biases too.
 *
 * A constant that 3 decided is `open`: it could have been trained, and is counted wherever results are shown. So is a
 * parameter of which nothing in the file says that it was trained ({@link isDoubtful}): every run names it.
 */
export function tensorRoles(
  graph: OnnxGraph,
  inputs: InputShapes,
  tensors: ReadonlyMap<string, StoredTensor>,
  {
    producer,
    ...reading
  }: { readonly producer: string; readonly findRule: FindRule; readonly isGenerated: IsGenerated },
): TensorRole[] {
  const uses = new TensorUses(graph, inputs, tensors, reading);
  const weights = [...tensors.keys()].filter((name) => uses.of(name).some(({ role }) => role === "weight"));
  const norms = foldedNorms(tensors, uses.isGenerated);
  const inFile: FileFacts = {
    normOf: (name) => norms.get(name),
    has: (name) => tensors.has(name),
    isInitializer: (name) => graph.initializers.has(name),
    fromPyTorch: producer === "pytorch",
    keepsWeightsInNodes: weights.length > 0 && !weights.some((name) => graph.initializers.has(name)),
    namesLayers: [...tensors.keys()].some(
      (name) => namesLayer(name) && uses.of(name).some((use) => OF_LAYERS.has(use.role) || uses.isBias(use)),
    ),
    hasAdapters: [...tensors.keys()].some((name) => isAdapter(uses, name)),
    sides: new LossSides(uses),
  };
  const alone = [...tensors.values()].flatMap(({ name, tensor, storedAs }) => {
    if (!tensor) return [];
    const { namesLayers, hasAdapters } = inFile;
    const facts = { name, tensor, isHalf: storedAs !== tensor.dtype, namesLayers, hasAdapters };
    const subject = new Subject(facts, !graph.initializers.has(name), uses, inFile);
    const decision = subject.decide();
    if (decision.role !== "parameter" || decision.open) return [{ name, tensor, ...decision }];
    return [{ name, tensor, ...decision, open: isDoubtful(uses, inFile.sides, facts) }];
  });
  const doubted = new Set(alone.flatMap(({ name, role, open }) => (role === "parameter" && open ? [name] : [])));
  const decided = alone.map((each) =>
    each.role === "parameter" && !each.open && isShiftOfDoubtful(uses, each.name, doubted)
      ? { ...each, open: true }
      : each,
  );
  const labels = tensorLabels(
    decided.flatMap(({ name, role, open, at = uses.of(name)[0], tensor }): Labelled[] =>
      at && isFloat(tensor.dtype) && (role !== "constant" || open) ? [{ name, ...at, kind: kindOf(at, uses) }] : [],
    ),
    tensors.keys(),
    uses.isGenerated,
  );
  return decided.map(({ name, tensor, role, reason, open, at = uses.of(name)[0] }) => ({
    name,
    label: labels.get(name) ?? name,
    node: at?.node.name,
    shape: tensor.shape,
    dtype: tensor.dtype,
    role,
    reason,
    open,
  }));
}

function kindOf(use: Use, uses: TensorUses): Labelled["kind"] {
  if (use.role === "state") return "initial_state";
  return use.role === "offset" || use.role === "scores" || uses.isBias(use) ? "bias" : "weight";
}

const OF_LAYERS: ReadonlySet<SlotRole> = new Set(["weight", "gain", "offset"]);

interface FileFacts {
  /** The tensor whose rows have the numbers of this one as their lengths. */
  normOf(name: string): string | undefined;
  has(name: string): boolean;
  isInitializer(name: string): boolean;
  readonly fromPyTorch: boolean;
  /** No initialiser is a weight: the file keeps all of them in Constant nodes. */
  readonly keepsWeightsInNodes: boolean;
  /** Some tensor of a layer has the name that a framework gives it. */
  readonly namesLayers: boolean;
  /** Some tensor is an adapter. */
  readonly hasAdapters: boolean;
  readonly sides: LossSides;
}

/** One tensor under decision. */
class Subject {
  private readonly name: string;
  private readonly tensor: Tensor;
  private readonly uses: TensorUses;
  private readonly file: FileFacts;
  private readonly found: readonly Use[];
  private readonly single: boolean;
  /** An exporter wrote it down: the network has no tensor of this name. */
  private readonly madeUp: boolean;
  private readonly inNode: boolean;
  /** All its numbers are short decimals, of which it has more than one. */
  private readonly typed: boolean;
  private readonly isHalf: boolean;

  constructor({ name, tensor, isHalf }: Doubted, inNode: boolean, uses: TensorUses, file: FileFacts) {
    this.name = name;
    this.tensor = tensor;
    this.isHalf = isHalf;
    this.typed = !isHalf && isTyped(tensor);
    this.uses = uses;
    this.file = file;
    this.found = uses.of(name);
    this.single = tensor.data.length === 1;
    this.inNode = inNode;
    this.madeUp = uses.isGenerated(name);
  }

  decide(): Decision {
    const { dtype } = this.tensor;
    if (!isFloat(dtype)) return fixed(dtype === "bool" ? "truth values" : "integers");
    if (this.found.length === 0) return fixed("no output depends on it");
    const live = this.found.filter(({ role }) => role !== "structural");
    if (live.length === 0) return fixed(`size, index, angle or condition of ${place(this.found[0])}`);
    return this.auxiliary() ?? this.byRole(live) ?? this.withoutRole(live);
  }

  private by(...roles: SlotRole[]): Use | undefined {
    return this.found.find(({ role }) => roles.includes(role));
  }

  /** What belongs to a weight, or to a normalisation, and is not trained itself. */
  private auxiliary(): Decision | undefined {
    const { name, tensor, uses, single } = this;
    const matrix = powerIterationFor(uses, name, tensor.shape);
    if (matrix !== undefined) return statistic(`power iteration for the spectral norm of ${matrix}`);
    if (namesPowerIteration(name, this.file.has)) return statistic("power iteration for a spectral norm");
    const masked = single ? undefined : maskedBy(uses, name);
    if (masked && (masked.tensor?.data.length ?? 0) >= tensor.data.length) {
      const allOrNothing = tensor.data.every((element) => element === 0 || element === 1);
      if (isZeroOneMask(tensor)) return fixed(`pruning mask of ${masked.name}`);
      if (allOrNothing && namesMask(name)) return held(`pruning mask of ${masked.name} that prunes nothing`);
    }
    if (this.by("gain", "offset", "statistic") === undefined && namesStatistic(name))
      return statistic("running statistic, by its name");
    const source = this.file.normOf(name);
    if (source !== undefined) return fixed(`lengths of the rows of ${source}, computed at export`);
    if (!single && isVector(tensor.shape) && weighsLabels(uses, name)) return held("weights of the classes of a loss");
    if (!single && isVariance(uses, name))
      return { ...statistic("variance of a normalisation written in arithmetic"), open: true };
    if (!single && isMean(uses, name))
      return { ...statistic("mean of a normalisation written in arithmetic"), open: true };
    return undefined;
  }

  /** Roles that make a tensor a parameter or a statistic, whatever its values. */
  private byRole(live: readonly Use[]): Decision | undefined {
    const { tensor, name } = this;
    if (this.isBuffer()) return held("not trained, by its name");
    const direct = this.by("weight", "gain", "offset", "table", "state");
    if (direct)
      return {
        ...(this.exporterFilled(direct) ?? parameter(`${ROLE_NAMES[direct.role]} of ${place(direct)}`)),
        at: direct,
      };
    const measured = this.by("statistic");
    if (measured) return statistic(`running statistic of ${place(measured)}`);
    if (isAdditiveMask(tensor)) return fixed("mask: zeros and minus infinity");
    const scores = this.by("scores");
    if (scores) {
      const hidesNothing = isFilled(tensor) && (this.madeUp || namesMask(name));
      return hidesNothing
        ? held(`mask of ${place(scores)} that hides nothing`)
        : parameter(`bias of the scores of ${place(scores)}`);
    }
    const bias = live.find((use) => use.role === "arithmetic" && this.uses.isBias(use));
    return bias && this.isBias(bias) ? { ...parameter(`bias added by ${bias.node.name}`), at: bias } : undefined;
  }

  /** A table by its name; a normalisation's own tensors, and initial states, are what their place says. */
  private isBuffer(): boolean {
    if (this.single || !namesBuffer(this.name)) return false;
    return this.by("gain", "statistic", "state") === undefined && !this.isNormalization();
  }

  /** What is added to a linear map is its bias, but for numbers and tables that the exporter wrote down. */
  private isBias(use: Use): boolean {
    const { tensor, single, name, madeUp } = this;
    // Scores of an attention are products of activations alone: what is added to them has no layer.
    if (this.uses.weightsBehind(use).length === 0) return false;
    // A layer that has a bias has no second one.
    if (this.file.sides.scalesOutput(use)) return false;
    const isLiteral = isGraphLiteral(name) || (isGraphPath(name) && tensor.shape.length === 0);
    if (single && !namesTrained(name) && (namesFixed(name) || isLiteral)) return false;
    if (single && madeUp && tensor.shape.length === 0) return false;
    if (!this.inNodeOnly()) return true;
    const layerInNodes = this.uses.weightsBehind(use).some((weight) => !this.file.isInitializer(weight));
    return isVector(tensor.shape) && (layerInNodes || !isFilled(tensor));
  }

  /**
   * Exporters fill the slots of tensors that the network does not have: gains of one and biases of
   * zero of a normalisation, zeros where a recurrence starts, one-hot rows for an index.
   */
  private exporterFilled({ node, role }: Use): Decision | undefined {
    const { tensor, madeUp } = this;
    if (madeUp && !this.file.keepsWeightsInNodes) {
      const neutral = (value: number) => isFilled(tensor) && tensor.data[0] === value;
      // PyTorch's exporter writes no parameter into a Constant node, where it keeps the weights as initialisers.
      const filled = this.inNode && this.file.fromPyTorch ? fixed : held;
      if (role === "gain" && this.inNode && neutral(1))
        return filled(`gain of one that the exporter gave ${node.name}`);
      if (role === "offset" && this.inNode && neutral(0) && this.isNormalization())
        return filled(`bias of zero that the exporter gave ${node.name}`);
      if (role === "state" && neutral(0)) return filled(`zeros where the recurrence ${node.name} starts`);
      if (role === "table" && isIdentity(tensor)) return held(`one-hot rows for ${place({ node })}`);
    }
    if (role === "state" && this.isSpread() && !namesTrained(this.name))
      return held(`one number for all units where the recurrence ${node.name} starts`);
    if (role === "weight" && this.inNodeOnly() && this.uses.isFree(node))
      return held(`input of ${place({ node })} that the exporter wrote down`);
    if (role === "table" && isSinusoidTable(tensor) && !namesTrained(this.name)) return held("sampled sinusoids");
    if (role === "table" && tensor.shape.length === 1 && isSmooth(tensor))
      return held("a smooth curve, read by its place");
    if (role === "weight" && isConvolution(node) && !/\.weight$|ReadVariableOp/.test(this.name))
      if (isDesignedKernel(tensor) && !isFilled(tensor)) return held("kernels of a designed filter");
    if (role === "weight" && isProgression(tensor) && this.found.every((use) => weighsShares(this.uses, use)))
      return held("numbers of the bins of a distribution");
    const angle = role === "weight" && isVector(tensor.shape) && this.found.every((use) => isAngle(this.uses, use));
    if (angle && (namesFixed(this.name) || isProgression(tensor))) return held("frequencies of a rotation");
    const isFourier = role === "weight" && !namesTrained(this.name) && !madeUp;
    if (isFourier && this.found.every((use) => isFourierMatrix(this.uses, use)))
      return held("frequencies of random Fourier features");
    const isOther = this.file.namesLayers && !madeUp && !namesLayer(this.name) && role === "weight";
    if (isOther && this.uses.isLinear(node) && (this.typed || isPattern(tensor)))
      return held("values of a formula, under a name that is none of a layer's");
    return undefined;
  }

  /** A single number, without the axes of the tensor that it is spread over. */
  private isSpread(): boolean {
    return this.single && this.tensor.shape.length < 2;
  }

  private isNormalization(): boolean {
    return this.found.some(({ node }) => node.op.endsWith("Normalization"));
  }

  /** In a Constant node under a name that the exporter made up, in a file that keeps its weights elsewhere. */
  private inNodeOnly(): boolean {
    return this.inNode && this.madeUp && !this.file.keepsWeightsInNodes;
  }

  /** Operands, branches and limits: name and values decide, and the tensor is open. */
  private withoutRole(live: readonly Use[]): Decision {
    const { name, tensor, uses, madeUp } = this;
    const [first] = live;
    // What an exporter folded may be computed from trained tensors.
    const side = madeUp ? undefined : this.file.sides.of(name);
    if (side === "factor" && !isGuard(uses, name)) return held("factor of terms of a loss");
    if (side === "balanced") return parameter("factor of terms of a loss that has a term of its own");
    const { inNode, isHalf } = this;
    const { fromPyTorch, sides } = this.file;
    const [value] = tensor.data;
    if (this.single)
      return singleNumber({ name, value, shape: tensor.shape, isHalf, inNode, madeUp, fromPyTorch }, live, uses, sides);
    if (side === "other") return doubtful(`${ROLE_NAMES[first.role]} of ${place(first)}, in a loss`);
    const scales = live.flatMap((use) => this.file.sides.scalesBefore(use));
    if (scales.length > 0 && !isFilled(tensor) && !scales.some(namesTrained))
      return held("shifts what the last layer gives");
    if (namesTrained(name)) return parameter(`${ROLE_NAMES[first.role]} of ${place(first)}`);
    if (isZeroOneMask(tensor) && tensor.shape.length >= 2) return held("mask: zeros and ones");
    if (isSinusoidTable(tensor) || isScaledSinusoidTable(tensor)) return held("sampled sinusoids");
    if (live.every((use) => normalizesInput(uses, use, tensor.shape)))
      return held(`centres or scales the model's input in ${first.node.name}`);
    if (isProgression(tensor) && (madeUp || namesFixed(name) || live.every((use) => isAngle(uses, use))))
      return held("positions or frequencies: a progression");
    if (isGrid(tensor)) return held("coordinates of a grid");
    if (isDistanceTable(tensor)) return held("distances between positions");
    if (namesFixed(name) || (namesMask(name) && isFilled(tensor))) return held("not trained, by its name");
    // What PyTorch's exporter folds and keeps as an initialiser was a parameter before.
    const folded = name.startsWith("onnx::") && !this.inNode && first.role === "arithmetic";
    if (isGraphLiteral(name)) return held("written into the graph, by its name");
    if (isFilled(tensor) && madeUp && !folded) return held(`fill value of ${place(first)}`);
    if (live.every((use) => this.file.sides.scalesOutput(use)))
      return held("scales or shifts what the last layer gives");
    if (!live.some((use) => isTrainedPlace(uses, this.file.sides, use))) {
      // What is subtracted may be a centre or a threshold, which start so.
      if (this.typed && first.node.op !== "Sub") return held("numbers that were typed");
      if (isVector(tensor.shape) && isSmooth(tensor)) return held("a smooth curve");
    }
    if (this.inNodeOnly()) return held("value of a Constant node, in a file that keeps its weights as initialisers");
    return parameter(`${ROLE_NAMES[first.role]} of ${place(first)}`);
  }
}
