import { z } from "zod";
import { keptAxis } from "../graph/where-examples-meet.ts";
import type { FloatAttribute, Target } from "../graph/emitter.ts";
import type { Operation, Primitive, Value } from "../graph/value.ts";
import { COMPARE, NEGLIGIBLE, NONE, SAME, byRegime, scaled, type ScalingRule } from "../graph/scaling.ts";
import type { UnitAxis, UnitDesk } from "../graph/unit-axes.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { axisSchema } from "./attribute-schemas.ts";
import { add, mul, neg, reciprocal, sub } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { requireFloat } from "./elementwise.ts";
import { reduceMean } from "./reduction.ts";
import { sqrt } from "./unary.ts";

const standardizeAttributes = z.strictObject({
  /** The mean is over this axis and all behind it. */
  axis: axisSchema,
  epsilon: z.number().nonnegative(),
});

type StandardizeAttributes = z.infer<typeof standardizeAttributes>;

/** A power of the size of what is standardised, where nothing but a small ε is added to its variance. */
function sizeTimes(factor: number, { epsilon }: StandardizeAttributes): ScalingRule {
  return epsilon <= NEGLIGIBLE ? scaled(factor) : NONE;
}

const axesFrom = (x: Value, axis: number) => x.shape.map((_, each) => each).slice(axis);

/** Mean and variance are those of a vector that was turned about the vector of ones. */
function standardizedUnits(x: readonly UnitAxis[], from: number, desk: UnitDesk): UnitAxis[] {
  return x.map((axis, each) => {
    if (each >= from) desk.mix(axis);
    return desk.allow(axis, each < from ? "permutation" : "centred");
  });
}

/** mean (x − mean x)² + ε, and x − mean x, out of arithmetic. */
function centred(x: Value, { axis, epsilon }: StandardizeAttributes): { centre: Value; variance: Value } {
  const axes = axesFrom(x, axis);
  const centre = sub(x, reduceMean(x, axes));
  return { centre, variance: add(reduceMean(mul(centre, centre), axes), epsilon) };
}

/** One kernel gives both; the emitter shares it. */
function layerNormalization(
  x: string,
  node: Value,
  { axis, epsilon }: StandardizeAttributes,
  e: Parameters<Operation["emit"]>[2],
) {
  const rest = node.inputs[0].shape.slice(axis);
  const ones = allocate(node.dtype, sizeOf(rest)).fill(1);
  const rounded: FloatAttribute = { float: epsilon };
  return e.nodes("LayerNormalization", [x, e.constant({ dtype: node.dtype, shape: rest, data: ones })], 3, {
    axis,
    epsilon: rounded,
  });
}

/** The float64 kernel holds ε in float32, so double precision is written out. */
function exactly(target: Target, write: () => Value): Value | undefined {
  return target.precision === "float64" ? write() : undefined;
}

/**
 * Standardize: x̂ = (x − mean x) / √(mean (x − mean x)² + ε) over the last axes: layer normalisation
 * without gain and offset (Ba, Kiros & Hinton 2016). With r = 1/√(…), its Jacobian
 * t ↦ r·(t − mean t − x̂·mean(x̂·t)) is symmetric.
 */
export const Standardize = defineOp({
  name: "Standardize",
  summary: "mean 0 and variance 1 over the last axes",
  attributes: standardizeAttributes,
  make: (attributes): Primitive => {
    const product = (node: Value, t: Value): Value => {
      const [x] = node.inputs;
      const axes = axesFrom(x, attributes.axis);
      const along = mul(node, reduceMean(mul(node, t), axes));
      return mul(inverseDeviation(x, attributes), sub(sub(t, reduceMean(t, axes)), along));
    };
    return {
      name: "Standardize",
      scaling: byRegime({ positive: sizeTimes(0, attributes), sign: SAME, exchange: SAME }),
      ofSize: true,
      attributes: { ...attributes },
      examplesLayout: keptAxis((axis) => axis < attributes.axis),
      units: (_node, [x], desk) => standardizedUnits(x, attributes.axis, desk),
      infer: ([x]) => {
        requireFloat("Standardize", x);
        return { dtype: x.dtype, shape: x.shape };
      },
      jvp: (node, [t]) => t && product(node, t),
      vjp: product,
      vmap: (_node, [x]) => standardize(x, { ...attributes, axis: attributes.axis + 1 }),
      lower: (_node, [x], target) =>
        exactly(target, () => {
          const { centre, variance } = centred(x, attributes);
          return mul(centre, reciprocal(sqrt(variance)));
        }),
      emit: (node, [x], e) => layerNormalization(x, node, attributes, e)[0],
    };
  },
});

/**
 * x̂ of {@link Standardize}.
 *
 * @example
 * standardize(floats([[1, 3]]), { axis: 1, epsilon: 0 }); // → [[-1, 1]]
 */
export function standardize(x: Value, attributes: StandardizeAttributes): Value {
  return x.graph.apply(Standardize.make(attributes), [x]);
}

/** InverseDeviation: r = 1/√(mean (x − mean x)² + ε) over the last axes, which stay with extent 1. dr = −r²·mean(x̂·dx). */
export const InverseDeviation = defineOp({
  name: "InverseDeviation",
  summary: "1 over the standard deviation of the last axes",
  attributes: standardizeAttributes,
  make: (attributes): Primitive => ({
    name: "InverseDeviation",
    scaling: byRegime({ positive: sizeTimes(-1, attributes), sign: COMPARE, exchange: SAME }),
    ofSize: true,
    attributes: { ...attributes },
    examplesLayout: keptAxis((axis) => axis < attributes.axis),
    units: (_node, [x], desk) =>
      standardizedUnits(x, attributes.axis, desk).map((axis, each) => (each < attributes.axis ? axis : [])),
    infer: ([x]) => {
      requireFloat("InverseDeviation", x);
      return { dtype: x.dtype, shape: x.shape.map((extent, axis) => (axis < attributes.axis ? extent : 1)) };
    },
    jvp: (node, [t]) => {
      if (!t) return undefined;
      const [x] = node.inputs;
      const slope = reduceMean(mul(standardize(x, attributes), t), axesFrom(x, attributes.axis));
      return neg(mul(mul(node, node), slope));
    },
    vjp: (node, g) => {
      const [x] = node.inputs;
      const count = sizeOf(x.shape.slice(attributes.axis));
      return mul(standardize(x, attributes), mul(mul(g, mul(node, node)), -1 / count));
    },
    vmap: (_node, [x]) => inverseDeviation(x, { ...attributes, axis: attributes.axis + 1 }),
    lower: (_node, [x], target) => exactly(target, () => reciprocal(sqrt(centred(x, attributes).variance))),
    emit: (node, [x], e) => layerNormalization(x, node, attributes, e)[2],
  }),
});

/**
 * r of {@link InverseDeviation}.
 *
 * @example
 * inverseDeviation(floats([[1, 5]]), { axis: 1, epsilon: 0 }); // → [[0.5]]
 */
export function inverseDeviation(x: Value, attributes: StandardizeAttributes): Value {
  return x.graph.apply(InverseDeviation.make(attributes), [x]);
}
