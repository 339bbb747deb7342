import { dot, norm2, plusMultiple } from "../../linalg/vector.ts";
import { fileNameOf } from "../../problem/file-names.ts";
import type { SymmetryPart } from "./symmetries-part.ts";
import { dataGradient } from "../../quantities/data-gradient.ts";
import { hessianExtremes } from "../../quantities/hessian-extremes.ts";
import { hessianOperator } from "../../quantities/hessian-operator.ts";
import type { Desk } from "../../quantities/desk.ts";
import type { LossComparison } from "./loss-comparison.ts";
import type { SparseDirection } from "./independent-directions.ts";
import { reachedParameters, rescaled, tensorGenerator } from "./rescaling.ts";
import { scalingExponents, type Exponents } from "./scaling-exponents.ts";
import { permuteUnits, unitGenerator, unitLayouts, unitOf, type UnitLayout } from "./unit-axes.ts";

/** A symmetry that the graph allows, carried out to verify it, with the directions of its orbits. */
export interface FoundSymmetry {
  readonly part: SymmetryPart["found"][number];
  /** Of length zero none: where weights are zero, a rescaling leaves them where they are. Empty where it is discrete. */
  readonly directions: readonly SparseDirection[];
}

/** gᵀt and Ht for the tangent t = Dθ (or a translation), against what the symmetry demands. */
async function tangentChecks(desk: Desk, tangent: Float64Array, generator: Float64Array | undefined) {
  const { problem } = desk;
  const { l2 } = problem.options;
  const gradient = await desk.get(dataGradient);
  const length = norm2(tangent);
  const slope = norm2(gradient);
  const { scale } = await desk.get(hessianExtremes);
  const [image] = await desk.operator(hessianOperator).apply([tangent]);
  const bent = plusMultiple(image, -l2, tangent);
  const error = generator ? bent.map((x, i) => x + generator[i] * gradient[i]) : bent;
  return {
    gradientAlongTangent: slope > 0 ? Math.abs(dot(gradient, tangent)) / (slope * length) : null,
    curvatureAlongTangent: scale > 0 ? norm2(bent) / (scale * length) : null,
    identityError: scale > 0 ? norm2(error) / (scale * length) : null,
  };
}

const NOT_CONTINUOUS = { gradientAlongTangent: null, curvatureAlongTangent: null, identityError: null } as const;

/** The first layout of units under which `move` leaves the loss alone. */
async function findUnits(
  comparison: LossComparison,
  layouts: readonly UnitLayout[],
  move: (point: Float64Array, layout: UnitLayout) => Float64Array,
): Promise<{ layout: UnitLayout; change: number } | undefined> {
  for (const layout of layouts) {
    const change = await comparison.moved((point) => move(point, layout));
    if (change <= comparison.rounding) return { layout, change };
  }
  return undefined;
}

/** Scalings of layers, and of their units where the layouts allow it. */
export async function rescalings(desk: Desk, comparison: LossComparison): Promise<FoundSymmetry[]> {
  const { problem, random } = desk;
  const found: FoundSymmetry[] = [];
  const scalings = scalingExponents([problem.graph().outputs], reachedParameters(desk), "positive", true);
  for (const [index, exponents] of scalings.entries()) {
    const generator = tensorGenerator(desk, exponents);
    const change = await comparison.moved((point) => rescaled(point, generator, 2));
    const tangent = problem.point.parameters.map((x, i) => x * generator[i]);
    const tensors = [...exponents.keys()];
    const direction = sparse(tangent);
    if (direction.indices.length === 0) continue;
    found.push({
      part: {
        kind: "layer-rescaling",
        title: `multiply ${describeExponents(exponents)}`,
        tensors,
        continuous: true,
        count: 1,
        verified: change <= comparison.rounding,
        lossChange: change,
        ...(await tangentChecks(desk, tangent, generator)),
      },
      directions: [direction],
    });
    const stream = random.split(`rescaling ${index}`);
    const units = await findUnits(comparison, unitLayouts(problem.space, exponents), (point, layout) =>
      rescaled(point, unitGenerator(problem.space, layout, randomMarks(stream, layout.units)), 2),
    );
    if (!units) continue;
    const weights = stream.normalVector(units.layout.units);
    const unitwise = unitGenerator(problem.space, units.layout, weights);
    const directions = unitDirections(problem.point.parameters, units.layout);
    found.push({
      part: {
        kind: "unit-rescaling",
        title: `multiply what enters each of ${units.layout.units} units and divide what leaves it`,
        tensors,
        continuous: true,
        count: directions.length,
        verified: true,
        lossChange: units.change,
        ...(await tangentChecks(
          desk,
          problem.point.parameters.map((x, i) => x * unitwise[i]),
          unitwise,
        )),
      },
      directions,
    });
  }
  return found;
}

/** Sign flips and exchanges of units. */
export async function signFlipsAndExchanges(desk: Desk, comparison: LossComparison): Promise<FoundSymmetry[]> {
  const { problem, random } = desk;
  const { outputs } = problem.graph();
  const parameters = reachedParameters(desk);
  const found: FoundSymmetry[] = [];
  for (const [index, exponents] of scalingExponents([outputs], parameters, "sign", true).entries()) {
    const stream = random.split(`sign ${index}`);
    if (![...exponents.values()].every((exponent) => Number.isInteger(exponent))) continue;
    const units = await findUnits(comparison, unitLayouts(problem.space, exponents), (point, layout) =>
      rescaled(point, unitGenerator(problem.space, layout, randomMarks(stream, layout.units)), -1),
    );
    if (units) {
      found.push({
        part: {
          kind: "sign-flip",
          title: `flip the signs of what enters and what leaves any of ${units.layout.units} units`,
          tensors: [...exponents.keys()],
          continuous: false,
          count: units.layout.units,
          verified: true,
          lossChange: units.change,
          ...NOT_CONTINUOUS,
        },
        directions: [],
      });
    }
  }
  for (const [index, exponents] of scalingExponents([outputs], parameters, "exchange", true).entries()) {
    const stream = random.split(`exchange ${index}`);
    const units = await findUnits(comparison, unitLayouts(problem.space, exponents), (point, layout) =>
      permuteUnits(point, layout, randomCycle(stream, layout.units)),
    );
    if (!units) continue;
    found.push({
      part: {
        kind: "permutation",
        title: `exchange any of ${units.layout.units} units`,
        tensors: [...exponents.keys()],
        continuous: false,
        count: units.layout.units - 1,
        verified: true,
        lossChange: units.change,
        ...NOT_CONTINUOUS,
      },
      directions: [],
    });
  }
  return found;
}

/** Softmax does not see a number added to all logits: shifts of the last layer's weights along the class axis. */
export async function logitShifts(desk: Desk, comparison: LossComparison): Promise<FoundSymmetry[]> {
  const { problem, random } = desk;
  const classes = problem.outputShape[problem.outputShape.length - 1];
  const found: FoundSymmetry[] = [];
  if (!(classes >= 2) || problem.options.loss.correct === undefined) return found;
  const point = problem.point.parameters;
  const reached = new Set(reachedParameters(desk).map((value) => fileNameOf(value)));
  for (const { name, shape, offset, size } of problem.space.tensors) {
    if (!reached.has(name)) continue;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] === classes) {
        const rows = size / classes;
        const amounts = random.split(`shift ${name} ${axis}`).normalVector(rows);
        const tangent = new Float64Array(problem.space.dimension);
        const directions = Array.from({ length: rows }, () => emptyDirection());
        for (let i = 0; i < size; i++) {
          const row = Math.floor(i / (stride * classes)) * stride + (i % stride);
          tangent[offset + i] = amounts[row];
          directions[row].indices.push(offset + i);
          directions[row].values.push(1);
        }
        const step = (norm2(point.subarray(offset, offset + size)) || 1) / norm2(tangent);
        const change = await comparison.moved((home) => plusMultiple(home, step, tangent));
        if (change <= comparison.rounding) {
          found.push({
            part: {
              kind: "logit-shift",
              title: `add one number to all ${classes} rows of "${name}"`,
              tensors: [name],
              continuous: true,
              count: rows,
              verified: true,
              lossChange: change,
              ...(await tangentChecks(desk, tangent, undefined)),
            },
            directions,
          });
        }
      }
      stride *= shape[axis];
    }
  }
  return found;
}

function emptyDirection(): { indices: number[]; values: number[] } {
  return { indices: [], values: [] };
}

function sparse(vector: Float64Array): SparseDirection {
  const indices = Array.from(vector.keys()).filter((i) => vector[i] !== 0);
  return { indices, values: indices.map((i) => vector[i]) };
}

/** The direction in which each unit's scaling moves the weights, for every unit that has any. */
function unitDirections(point: Float64Array, { units, places }: UnitLayout): SparseDirection[] {
  const directions = Array.from({ length: units }, () => emptyDirection());
  for (const place of places) {
    const { offset, size } = place.tensor;
    for (let i = offset; i < offset + size; i++) {
      if (point[i] === 0) continue;
      const direction = directions[unitOf(place, i - offset)];
      direction.indices.push(i);
      direction.values.push(place.exponent * point[i]);
    }
  }
  return directions.filter(({ indices }) => indices.length > 0);
}

function randomMarks(random: Desk["random"], units: number): Float64Array {
  const marks = random.rademacherVector(units).map((x) => (x + 1) / 2);
  // At least one unit stays and one moves.
  marks[0] = 1;
  marks[units - 1] = 0;
  return marks;
}

/** A random order that leaves no unit in its place. */
function randomCycle(random: Desk["random"], units: number): Uint32Array {
  const order = random.permutation(units);
  const cycle = new Uint32Array(units);
  order.forEach((unit, i) => (cycle[unit] = order[(i + 1) % units]));
  return cycle;
}

function describeExponents(exponents: Exponents): string {
  const part = (name: string, exponent: number) =>
    `"${name}" by ${exponent === 1 ? "α" : exponent === -1 ? "1/α" : `α^${Number(exponent.toFixed(3))}`}`;
  return [...exponents].map(([name, exponent]) => part(name, exponent)).join(", ");
}
