import { isFloat, type Shape } from "../util/tensor.ts";
import type { OnnxNode, StoredTensor } from "./onnx-node.ts";
import type { Reader, TensorUses, Use } from "./tensor-uses.ts";

/* What the nodes around a tensor tell of it, where the slots that it feeds do not. */

/** Operators that add up products: what comes out mixes the elements of what goes in. */
const CONTRACTIONS = new Set(["MatMul", "Gemm", "Einsum", "ReduceSum", "FusedMatMul"]);

/** What is done to x − c for a distance. */
const DISTANCES = new Set(["Pow", "Abs", "ReduceL1", "ReduceL2", "ReduceSumSquare"]);
const ACTIVATIONS = new Set(
  "Relu LeakyRelu PRelu Elu Selu Sigmoid Tanh Softplus Softmax Exp Erf Gelu HardSigmoid Greater Less".split(" "),
);

/** Moves that leave every element in one place. */
const SAME_SIZE = new Set(["Identity", "Cast", "CastLike", "Transpose", "Dropout", "Squeeze", "Reshape", "Flatten"]);

function affineKind(op: string): "shift" | "scale" | undefined {
  if (op === "Sub" || op === "Add") return "shift";
  return op === "Div" || op === "Mul" ? "scale" : undefined;
}

/**
 * Subtracted from the model's input, or dividing it (one shift and one scale, in either order,
 * starting with x − c or x / c): data are standardised so. A table that makes the input larger
 * (centres, knots), or with a distance or an activation right behind it, does not standardise.
 */
export function normalizesInput(flow: TensorUses, use: Use, shape: Shape): boolean {
  const kind = affineKind(use.node.op);
  if (kind === undefined || isBentBehind(flow, use)) return false;
  const before = onInput(flow, use, shape);
  if (before === "input") return use.slot === 1 && (use.node.op === "Sub" || use.node.op === "Div");
  if (before === undefined || affineKind(before.op) === undefined || affineKind(before.op) === kind) return false;
  if (before.op !== "Sub" && before.op !== "Div") return false;
  const first = flow.tensor(flow.origin(before.inputs[1]))?.tensor;
  return first !== undefined && onInput(flow, { node: before, slot: 1 }, first.shape) === "input";
}

/** "input" where the other operand is an input of the model that this shape does not make larger; else the node before. */
function onInput(flow: TensorUses, { node, slot }: Reader, shape: Shape): "input" | OnnxNode | undefined {
  if (node.inputs.length !== 2) return undefined;
  const moves: OnnxNode[] = [];
  const partner = flow.origin(node.inputs[1 - slot], moves);
  if (moves.some(({ op }) => !SAME_SIZE.has(op))) return undefined;
  const declared = flow.declaredShape(partner);
  if (declared === undefined) return flow.producerOf(partner);
  const inPlace = moves.every(({ op }) => op === "Identity" || op === "Cast");
  const enlarges = shape.some((extent, axis) => {
    const theirs = axis - shape.length + declared.length;
    return extent > 1 && (theirs < 0 || declared[theirs] === 1);
  });
  return inPlace && enlarges ? undefined : "input";
}

/** Readers of what a node gives, at once or after one more shift or scale. */
function readersSoon(flow: TensorUses, { node }: Reader): Reader[][] {
  const ends = node.outputs.flatMap((output) => flow.consumers(output));
  const further = ends.flatMap((end) =>
    affineKind(end.node.op) === undefined ? [] : end.node.outputs.flatMap((output) => flow.consumers(output)),
  );
  return [ends, further];
}

/** Whether what a node gives is squared soon, or taken by its size: a distance. */
/** Whether what a node gives is soon squared, or a distance taken of it. */
export function isSquaredBehind(flow: TensorUses, from: Reader): boolean {
  return readersSoon(flow, from).some((readers) =>
    readers.some(
      (reader) =>
        DISTANCES.has(reader.node.op) ||
        (reader.node.op === "Mul" && readers.some((other) => other.node === reader.node && other.slot !== reader.slot)),
    ),
  );
}

function isBentBehind(flow: TensorUses, from: Reader): boolean {
  const bends = (reader: Reader) => ACTIVATIONS.has(reader.node.op);
  return isSquaredBehind(flow, from) || readersSoon(flow, from).some((readers) => readers.some(bends));
}

/** Whether sines or cosines are taken of what the tensor is multiplied with. */
export function isAngle(flow: TensorUses, use: Use, steps = 0): boolean {
  return use.node.outputs
    .flatMap((output) => flow.consumers(output))
    .some(
      (reader) =>
        reader.node.op === "Sin" ||
        reader.node.op === "Cos" ||
        (steps < 2 && reader.node.op === "Mul" && isAngle(flow, reader, steps + 1)),
    );
}

/** Whether both the sine and the cosine are taken of a product with the tensor: random Fourier features (Rahimi & Recht 2007). */
export function isFourierMatrix(flow: TensorUses, use: Use): boolean {
  const ends = new Set<string>();
  const open = use.node.outputs.map((value) => ({ value, steps: 0 }));
  for (const { value, steps } of open) {
    for (const { node } of flow.consumers(value)) {
      ends.add(node.op);
      // 2π, before or behind the product.
      if (node.op === "Mul" && steps === 0)
        for (const each of node.outputs.map((next) => ({ value: next, steps: 1 }))) open.push(each);
    }
  }
  ends.delete("Mul");
  return ends.size === 2 && ends.has("Sin") && ends.has("Cos");
}

/** Whether what the tensor is multiplied with are the shares of a softmax. */
export function weighsShares(flow: TensorUses, { node, slot }: Reader): boolean {
  return node.inputs.length === 2 && flow.producerOf(flow.origin(node.inputs[1 - slot]))?.op === "Softmax";
}

const MEANS = /^Reduce(Mean|L2|SumSquare)$/;
/** Steps from a mean to what was standardised by it, at most. */
const STEPS = 8;

/**
 * Whether a value was standardised by its own mean or length: what scales it is the gain of a normalisation, and what
 * shifts it then (`gains` = 1) the bias. A normalisation that has its gain, in arithmetic or in its node, needs no second one.
 */
export function isStandardized(flow: TensorUses, value: string, gains: number): boolean {
  let values = [value];
  let left = gains;
  for (let step = 0; step < STEPS && values.length > 0; step++) {
    const producers = values.flatMap((each) => flow.producerOf(each) ?? []);
    if (producers.some(({ op }) => MEANS.test(op))) return true;
    const normalization = producers.find(({ op }) => op.endsWith("Normalization"));
    if (normalization) return left > 0 || !hasOwnGain(flow, normalization);
    if (producers.some((node) => isScaledByTensor(flow, node)) && left-- <= 0) return false;
    values = producers.flatMap((node) => (isElementwise(node) ? node.inputs : []));
  }
  return false;
}

/** Whether a normalisation has a gain of the network's own, and not one that the exporter filled in. */
function hasOwnGain(flow: TensorUses, { inputs }: OnnxNode): boolean {
  const gain = inputs[1] ?? "";
  return flow.tensor(flow.origin(gain)) !== undefined && !flow.isGenerated(flow.origin(gain));
}

function isScaledByTensor(flow: TensorUses, { op, inputs }: OnnxNode): boolean {
  return (
    affineKind(op) !== undefined &&
    inputs.some((input) => (flow.tensor(flow.origin(input))?.tensor?.data.length ?? 1) > 1)
  );
}

export function isConvolution({ op }: Pick<OnnxNode, "op">): boolean {
  return op.startsWith("Conv");
}

/** Whether a gain or bias is applied in arithmetic beside running statistics, as by a normalisation that is frozen with them. */
export function isBesideStatistics(flow: TensorUses, name: string): boolean {
  const module = name.slice(0, name.lastIndexOf(".") + 1);
  return module !== "" && flow.tensor(`${module}running_var`) !== undefined;
}

function isElementwise({ op }: OnnxNode): boolean {
  return affineKind(op) !== undefined || ["Sqrt", "Reciprocal", "Pow"].includes(op) || SAME_SIZE.has(op);
}

/** Whether the rows that a table gives are chosen by comparison with the table itself: a codebook. */
export function picksItself(flow: TensorUses, name: string, { node, slot }: Reader): boolean {
  const seen = new Set(node.inputs.filter((_, other) => other !== slot));
  for (const value of seen) {
    if (value === name) return true;
    for (const input of flow.producerOf(value)?.inputs ?? []) seen.add(input);
  }
  return false;
}

const JOINS = new Set(["Max", "Min", "Add", "Sub", "Mul", "Div"]);

/** Operators that a small number keeps away from 0: those with no value or no derivative there. */
const GUARDED = new Set(["Sqrt", "Log", "Reciprocal", "Pow", "Rsqrt"]);

/** Whether a number does what the ε of a normalisation does: it limits, or is added to, what is then divided by or has a root or logarithm taken of. */
export function isGuard(flow: TensorUses, name: string): boolean {
  const uses = flow.consumers(name);
  return (
    uses.length > 0 &&
    uses.every(({ node, slot }) => {
      if (flow.roleAt(node, slot) === "limit") return true;
      const ends = node.op === "Add" ? node.outputs.flatMap((output) => flow.consumers(output)) : [];
      return (
        ends.length > 0 && ends.every((end) => GUARDED.has(end.node.op) || (end.node.op === "Div" && end.slot === 1))
      );
    })
  );
}

/**
 * The matrix W whose largest singular value σ = uᵀWv the vector estimates: all that becomes of u is a
 * sum of products with W that W is divided by (spectral norm; Miyato 2018). Undefined for all else.
 */
export function powerIterationFor(flow: TensorUses, name: string, shape: Shape): string | undefined {
  if (shape.filter((extent) => extent !== 1).length > 1) return undefined;
  const matrices = new Set<string>();
  // Values that the vector became: whether by a contraction, and whether they are reciprocals.
  const open = [{ value: name, contracted: false, inverted: false }];
  const seen = new Set<string>();
  for (const { value, contracted, inverted } of open) {
    if (flow.isOutput(value)) return undefined;
    for (const { node, slot } of flow.readersOf(value)) {
      if (flow.roleAt(node, slot) === "structural") continue;
      if (!flow.isFree(node)) return undefined;
      if ((node.op === "Div" && slot === 1) || (node.op === "Mul" && inverted)) {
        const targets = node.inputs.flatMap((other, i) => (i === slot ? [] : flow.leavesOf(other)));
        // The vector over its own length: the numerator is followed too.
        if (targets.includes(name)) continue;
        if (!contracted || targets.length === 0) return undefined;
        for (const target of targets) matrices.add(target);
        continue;
      }
      const next = {
        contracted: contracted || CONTRACTIONS.has(node.op),
        inverted: inverted !== (node.op === "Reciprocal"),
      };
      for (const output of node.outputs) {
        const key = `${output}|${next.contracted}|${next.inverted}`;
        if (!seen.has(key)) open.push({ value: output, ...next });
        seen.add(key);
      }
    }
  }
  // σ is a product with the very matrix that it divides.
  const partners = new Set(
    flow.consumers(name).flatMap(({ node }) => node.outputs.flatMap((output) => flow.leavesOf(output))),
  );
  return [...matrices].find((matrix) => matrix !== name && partners.has(matrix));
}

/** The largest tensor that this one is multiplied with element by element, among free values: what a pruning mask is put on. */
export function maskedBy(flow: TensorUses, name: string): StoredTensor | undefined {
  const partners = flow
    .consumers(name)
    .flatMap(({ node, slot }) => (node.op === "Mul" && flow.isFree(node) ? flow.leavesOf(node.inputs[1 - slot]) : []));
  const size = (stored: StoredTensor) => stored.tensor?.data.length ?? 0;
  return partners
    .flatMap((partner) => (partner === name ? [] : (flow.tensor(partner) ?? [])))
    .toSorted((a, b) => size(b) - size(a))[0];
}

/**
 * Whether a tensor is multiplied, element by element and before any input enters, with another tensor of its
 * size or with a single number under a name: of such a product one factor is fixed (noise, a pattern), and both stand in one place.
 */
export function isProductOfTensors(flow: TensorUses, name: string): boolean {
  const size = flow.tensor(name)?.tensor?.data.length;
  return flow.consumers(name).some(({ node, slot }) => {
    if (node.op !== "Mul" || !flow.isFree(node)) return false;
    const other = flow.tensor(flow.origin(node.inputs[1 - slot]));
    if (other === undefined || other.name === name || other.tensor === undefined || !isFloat(other.tensor.dtype))
      return false;
    if (other.tensor.data.length === 1) return !flow.isGenerated(other.name);
    // Of a mask that prunes, no factor is in doubt.
    if (other.tensor.data.every((element) => element === 0 || element === 1)) return false;
    return other.tensor.data.length === size;
  });
}

/** Whether a number limits, shifts or scales other tensors before any input enters: a bound of a weight (GDN; Ballé 2016), a factor of its start. */
export function entersTensors(flow: TensorUses, name: string): boolean {
  return flow.consumers(name).some(({ node, slot }) => {
    if (!JOINS.has(node.op) || node.inputs.length !== 2 || !flow.isFree(node)) return false;
    return flow.leavesOf(node.inputs[1 - slot]).some((leaf) => leaf !== name && !flow.isGenerated(leaf));
  });
}

/** √(t + ε) divides: a running variance, where a normalisation was written out in arithmetic. */
export function isVariance(flow: TensorUses, name: string): boolean {
  const uses = flow.consumers(name);
  return (
    uses.length > 0 &&
    uses.every(({ node, slot }) => {
      if (node.op !== "Add" || flow.tensor(flow.origin(node.inputs[1 - slot]))?.tensor?.data.length !== 1) return false;
      return node.outputs.flatMap((output) => flow.consumers(output)).every((root) => isRootBelow(flow, root));
    })
  );
}

function isRootBelow(flow: TensorUses, { node }: Reader): boolean {
  const behind = node.outputs.flatMap((output) => flow.consumers(output));
  if (node.op === "Sqrt")
    return (
      behind.length > 0 &&
      behind.every((end) => (end.node.op === "Div" && end.slot === 1) || end.node.op === "Reciprocal") &&
      !behind.some((end) => isSquaredBehind(flow, end))
    );
  const exponent = node.op === "Pow" ? flow.tensor(flow.origin(node.inputs[1]))?.tensor?.data[0] : undefined;
  return exponent === -0.5;
}

/** Subtracted from what is then divided by the root of a variance. */
export function isMean(flow: TensorUses, name: string): boolean {
  const uses = flow.consumers(name);
  return (
    uses.length > 0 &&
    uses.every(({ node, slot }) => {
      if (node.op !== "Sub" || slot !== 1 || isSquaredBehind(flow, { node, slot })) return false;
      const ends = node.outputs.flatMap((output) => flow.consumers(output));
      return ends.some((end) => {
        if ((end.node.op !== "Div" || end.slot !== 0) && end.node.op !== "Mul") return false;
        return flow.leavesOf(end.node.inputs[1 - end.slot]).some((leaf) => isVariance(flow, leaf));
      });
    })
  );
}

/** Operators that pick entries by index; their second input is the index. */
const PICKS = new Set(["Gather", "GatherElements", "GatherND"]);
const LOGARITHMS = new Set(["LogSoftmax", "Log", "LogSigmoid"]);

/**
 * Numbers for the classes, by which the terms of a loss in the graph are weighed: multiplied with
 * log-probabilities, or picked (as rows, or by one-hot rows) by **labels**. Labels are inputs of the
 * model that pick from, or multiply, what does not depend on them: the tokens that an embedding is
 * read by are behind the logits too, and so no labels.
 */
export function weighsLabels(flow: TensorUses, name: string): boolean {
  const uses = flow.consumers(name);
  return (
    uses.length > 0 &&
    uses.every(({ node, slot }) => {
      if (node.op === "Mul" && isLogarithm(flow, node.inputs[1 - slot])) return true;
      const isPick = (PICKS.has(node.op) && slot === 0) || ((node.op === "MatMul" || node.op === "Mul") && slot < 2);
      if (!isPick) return false;
      const by = flow.inputsBehind(node.inputs[1 - slot]);
      return by.size > 0 && [...by].every((input) => picksScores(flow, input));
    })
  );
}

function isLogarithm(flow: TensorUses, value: string): boolean {
  return LOGARITHMS.has(flow.producerOf(flow.origin(value))?.op ?? "");
}

/** Whether an input of the model picks from scores, or multiplies log-probabilities, that do not depend on it. */
function picksScores(flow: TensorUses, input: string): boolean {
  return flow.liveNodes.some((node) => {
    const [first, second] = node.inputs;
    const isOfScores = (scores: string, picked: string) => {
      const behind = flow.inputsBehind(scores);
      return behind.size > 0 && !behind.has(input) && flow.inputsBehind(picked).has(input);
    };
    if (PICKS.has(node.op) || node.op.endsWith("Loss")) return isOfScores(first, second);
    return (
      node.op === "Mul" &&
      ((isLogarithm(flow, first) && isOfScores(first, second)) ||
        (isLogarithm(flow, second) && isOfScores(second, first)))
    );
  });
}
