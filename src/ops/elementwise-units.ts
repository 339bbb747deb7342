import type { UnitAxis, UnitDesk } from "../graph/unit-axes.ts";
import type { Value } from "../graph/value.ts";
import type { Shape } from "../util/tensor.ts";

/** What lies along one axis of a broadcast result: the axes of the inputs that vary along it; undefined for those that do not. */
type Operands = readonly (UnitAxis | undefined)[];

function eachAxis(
  shape: Shape,
  given: readonly (readonly UnitAxis[])[],
  shapes: readonly Shape[],
  desk: UnitDesk,
  meet: (operands: Operands) => UnitAxis,
): UnitAxis[] {
  return shape.map((extent, axis) => {
    if (extent === 1) return [];
    const operands = given.map((axes, i) => {
      const own = axis - (shape.length - axes.length);
      if (own < 0 || shapes[i][own] === 1) return undefined;
      return desk.isUniform(axes[own]) ? undefined : axes[own];
    });
    return operands.every((each) => each === undefined) ? desk.uniform(extent) : meet(operands);
  });
}

const present = (operands: Operands): UnitAxis[] => operands.flatMap((each) => (each ? [each] : []));

function joined(operands: Operands, desk: UnitDesk): UnitAxis {
  return present(operands).reduce((a, b) => desk.join(a, b));
}

/** The leading axes of a stack of matrices: places that may be exchanged. */
export function alongUnits(
  shape: Shape,
  given: readonly (readonly UnitAxis[])[],
  shapes: readonly Shape[],
  desk: UnitDesk,
): UnitAxis[] {
  return eachAxis(shape, given, shapes, desk, (operands) => desk.allow(joined(operands, desk), "permutation"));
}

type UnitRule = (node: Value, given: readonly (readonly UnitAxis[])[], desk: UnitDesk) => UnitAxis[];

function broadcastRule(meet: (node: Value, operands: Operands, desk: UnitDesk) => UnitAxis): UnitRule {
  return (node, given, desk) => {
    const shapes = node.inputs.map(({ shape }) => shape);
    return eachAxis(node.shape, given, shapes, desk, (operands) => meet(node, operands, desk));
  };
}

/** M x + M y = M (x + y); a number added to all of them needs M 1 = 1. */
export const addedUnits = broadcastRule((_node, operands, desk) =>
  desk.allow(joined(operands, desk), operands.includes(undefined) ? "centred" : "general"),
);

/** A number that multiplies all of them passes every map; two that vary may be exchanged together; x · x holds squares. */
export const multipliedUnits = broadcastRule((node, operands, desk) => {
  const [a, b] = operands;
  if (!a || !b) return a ?? b ?? [];
  const [x, y] = node.inputs;
  return x === y ? desk.squared(a) : desk.product(node, [a, b]);
});

/** As products, where all are divided by one number. */
export const dividedUnits = broadcastRule((_node, operands, desk) => {
  const [a, b] = operands;
  return a && !b ? a : desk.allow(joined(operands, desk), "permutation");
});

/** Any other function of single elements: exchanges, and positive scales where it lets them pass. */
export const elementwiseUnits = broadcastRule((node, operands, desk) => {
  const scales = operands.length === 1 && node.operation.scaling?.(node, "positive").kind === "same";
  return desk.allow(joined(operands, desk), scales ? "monomial" : "permutation");
});
