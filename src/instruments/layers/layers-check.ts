import type { Eigenvalue, Estimate } from "../../estimators/estimate.ts";
import type { Check } from "../../result/envelope.ts";
import type { BlockTraces } from "../../quantities/block-traces.ts";
import type { LayerTop } from "../../quantities/layer-blocks.ts";
import { layerNameOf } from "../../quantities/layers-of.ts";
import { norm2, sumOf } from "../../linalg/vector.ts";
import type { ParameterTensor } from "../../problem/parameter-space.ts";
import type { LayerReading } from "./layers-part.ts";
import { hypotOf, maxOf } from "../../util/extremes.ts";

/** A number as it is stated and in another way, and by how much rounding may hold the two apart. */
interface Again {
  readonly stated: number;
  readonly value: number;
  readonly allowed: number;
}

/** A layer as it is checked. */
interface Measured {
  readonly trace: Estimate;
  readonly top: Eigenvalue | null;
  readonly again: readonly Again[];
}

/** Vectors over all parameters that the layers have parts of. */
interface Spread {
  readonly diagonal: Float64Array;
  readonly gradient: Float64Array;
  readonly weights: Float64Array;
}

/**
 * The numbers of a layer once more, from the places of the tensors that it names: whatever is stated under the name of another,
 * or of other tensors, is not found there.
 */
export function againByNames(
  layer: LayerReading,
  tensors: readonly ParameterTensor[],
  { diagonal, gradient, weights }: Spread,
  top: LayerTop | undefined,
  nameOf = ({ label }: ParameterTensor) => layerNameOf(label),
): Again[] {
  const own = tensors.filter((tensor) => layer.tensors.includes(tensor.label) && nameOf(tensor) === layer.name);
  const partOf = (x: Float64Array) => own.map(({ offset, size }) => x.subarray(offset, offset + size));
  const same = (stated: number, value: number): Again => ({
    stated,
    value,
    allowed: diagonal.length * Number.EPSILON * Math.abs(value),
  });
  const lengthOf = (x: Float64Array) => hypotOf(partOf(x).map(norm2));
  const trace = sumOf(partOf(diagonal).map(sumOf));
  // What the probes add up to may be much more than is left of it.
  const allowed = diagonal.length * Number.EPSILON * sumOf(diagonal.map(Math.abs));
  return [
    same(layer.parameters, sumOf(own.map(({ size }) => size))),
    same(layer.gradientNorm, lengthOf(gradient)),
    same(layer.weightNorm, lengthOf(weights)),
    { stated: layer.trace.value, value: trace, allowed },
    same(layer.meanCurvature, layer.trace.value / layer.parameters),
    ...(top?.trace ? [{ stated: layer.trace.value, ...top.trace }] : []),
    ...(top && layer.top ? [{ stated: layer.top.value, ...top.again }] : []),
  ];
}

/** What the layers are held against. */
export interface Whole extends Pick<BlockTraces, "standardErrorOfSum" | "inOneLayer"> {
  /** Trace and largest eigenvalue, where they were looked for to the end. */
  readonly trace?: Estimate;
  readonly largest?: Eigenvalue;
}

/** Of standard errors: one run in a million passes it by chance. */
const STANDARD_ERRORS = 5;

/**
 * What the blocks of a matrix owe the whole: their traces add up to its trace, and no block has an eigenvalue above its
 * largest one (Cauchy 1829); and what each owes itself: its trace is the sum of its eigenvalues, its largest eigenvalue that which was seen, its
 * numbers are those of the tensors that it names, and a product with a vector that lies in a layer is part of those with all.
 * Each is off by no more than rounding and sampling leave.
 */
export function layersCheck(layers: readonly Measured[], whole: Whole): Check {
  const measured = Math.max(whole.inOneLayer, ofTraces(layers, whole), ofTops(layers, whole.largest), ofAgain(layers));
  return {
    name: "layers",
    title: "The layers against the whole",
    passed: measured <= 1,
    measured,
    limit: 1,
    detail:
      "The sum of the layers' traces against the trace; the largest eigenvalue of each layer's block against that of the whole, which none exceeds; each trace against the diagonal of the tensors that the layer names, and the sum of all eigenvalues of its block where they were computed; each largest eigenvalue against what its search saw; the lengths of gradient and weights against those tensors; and, where traces were sampled, a product with a vector that lies in one layer. In units of what their errors leave.",
  };
}

/** By how much the traces miss their sum, in units of what their errors leave. */
function ofTraces(layers: readonly Measured[], { trace: whole, standardErrorOfSum }: Whole): number {
  if (!whole) return 0;
  const all = [...layers.map(({ trace }) => trace), whole];
  const size = all.reduce((total, { value }) => total + Math.abs(value), 0);
  if (size === 0) return 0;
  const allowed = all.reduce(
    (total, { rounding = 0 }) => total + rounding,
    STANDARD_ERRORS * Math.hypot(standardErrorOfSum, whole.standardError) + size * all.length * Number.EPSILON,
  );
  return Math.abs(layers.reduce((total, { trace }) => total + trace.value, -whole.value)) / allowed;
}

/** By how much a number misses what was found in another way, in the same units. */
function ofAgain(layers: readonly Measured[]): number {
  const off = layers.flatMap(({ again }) =>
    again.map(({ stated, value, allowed }) => {
      const error = Math.abs(stated - value);
      return error === 0 ? 0 : error / (allowed + Number.MIN_VALUE);
    }),
  );
  return Math.max(0, maxOf(off));
}

/** By how much the largest eigenvalue of a block is above that of the whole, in the same units. */
function ofTops(layers: readonly Measured[], whole: Eigenvalue | undefined): number {
  if (!whole) return 0;
  const above = layers.flatMap(({ top }) => {
    if (!top || top.value <= whole.value) return [];
    const room = top.residual + whole.residual + layers.length * Number.EPSILON * Math.abs(top.value);
    return [(top.value - whole.value) / room];
  });
  return Math.max(0, maxOf(above));
}
