import { z } from "zod";
import { dot, norm2 } from "../linalg/vector.ts";
import type { SymmetryPart } from "../result/profile-result.ts";
import { formatMeasured, formatNumber } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";
import type { Measurement } from "./measurement.ts";
import { scalingExponents, type Exponents } from "./symmetry/scaling-exponents.ts";
import { permuteUnits, unitGenerator, unitLayouts, type UnitLayout } from "./symmetry/unit-axes.ts";

type FoundSymmetry = SymmetryPart["found"][number];

/** The generator D of θ ↦ e^{sD}θ, D diagonal, from one exponent a tensor. */
export function tensorGenerator(measurement: Measurement, exponents: Exponents): Float64Array {
  const { space } = measurement.problem;
  const generator = new Float64Array(space.dimension);
  for (const { name, offset, size } of space.tensors) generator.fill(exponents.get(name) ?? 0, offset, offset + size);
  return generator;
}

/** θ with every coordinate multiplied by factor^exponent. */
export function rescaled(point: Float64Array, generator: Float64Array, factor: number): Float64Array {
  return point.map((x, i) => x * factor ** generator[i]);
}

/** Compares the losses of all examples at another point with those at home, on the scale of their rounding. */
class LossComparison {
  private readonly measurement: Measurement;
  private readonly home: Float64Array;
  private readonly point: Float64Array;
  private readonly scale: number;

  private constructor(measurement: Measurement, home: Float64Array, scale: number) {
    this.measurement = measurement;
    this.home = home;
    this.point = measurement.problem.parameters;
    this.scale = scale;
  }

  static async open(measurement: Measurement): Promise<LossComparison> {
    const { problem, context } = measurement;
    const home = await problem.exampleLosses(context);
    const outputs = await problem.outputs(context);
    return new LossComparison(
      measurement,
      home,
      norm2(home) / Math.sqrt(home.length) + norm2(outputs) / Math.sqrt(outputs.length),
    );
  }

  /** Largest change of an example's loss, relative to the size of losses and outputs. */
  async changeAt(point: Float64Array): Promise<number> {
    const { problem, context } = this.measurement;
    const there = await problem.at(point, () => problem.exampleLosses(context));
    let change = 0;
    for (let i = 0; i < there.length; i++) change = Math.max(change, Math.abs(there[i] - this.home[i]));
    return change / this.scale;
  }

  /** What rounding may do to a loss that passes through every layer. */
  get rounding(): number {
    return 256 * this.measurement.roundoff;
  }

  moved(move: (point: Float64Array) => Float64Array): Promise<number> {
    return this.changeAt(move(this.point));
  }
}

/** gᵀt and Ht for the tangent t = Dθ (or a translation), against what the symmetry demands. */
async function tangentChecks(measurement: Measurement, tangent: Float64Array, generator: Float64Array | undefined) {
  const { problem } = measurement;
  const { l2 } = problem.options;
  const gradient = await measurement.dataGradient();
  const length = norm2(tangent);
  const { scale } = await measurement.extremes();
  const [image] = await measurement.hessian.apply([tangent]);
  const bent = image.map((x, i) => x - l2 * tangent[i]);
  const error = generator ? bent.map((x, i) => x + generator[i] * gradient[i]) : bent;
  return {
    gradientAlongTangent: Math.abs(dot(gradient, tangent)) / (norm2(gradient) * length),
    curvatureAlongTangent: norm2(bent) / (scale * length),
    identityError: norm2(error) / (scale * length),
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

/** Scalings of whole tensors that leave the function alone, by positive factors. */
export function layerScalings(measurement: Measurement): Exponents[] {
  const { outputs, parameters } = measurement.problem.graph();
  return scalingExponents([outputs], parameters, "positive");
}

async function rescalings(measurement: Measurement, comparison: LossComparison): Promise<FoundSymmetry[]> {
  const { problem, random } = measurement;
  const found: FoundSymmetry[] = [];
  for (const [index, exponents] of layerScalings(measurement).entries()) {
    const generator = tensorGenerator(measurement, exponents);
    const change = await comparison.moved((point) => rescaled(point, generator, 2));
    const tangent = problem.parameters.map((x, i) => x * generator[i]);
    const tensors = [...exponents.keys()];
    found.push({
      kind: "layer-rescaling",
      title: `multiply ${describeExponents(exponents)}`,
      tensors,
      continuous: true,
      count: 1,
      verified: change <= comparison.rounding,
      lossChange: change,
      ...(await tangentChecks(measurement, tangent, generator)),
    });
    const stream = random.split(`rescaling ${index}`);
    const units = await findUnits(comparison, unitLayouts(problem.space, exponents), (point, layout) =>
      rescaled(point, unitGenerator(problem.space, layout, randomMarks(stream, layout.units)), 2),
    );
    if (!units) continue;
    const weights = stream.normalVector(units.layout.units);
    const unitwise = unitGenerator(problem.space, units.layout, weights);
    found.push({
      kind: "unit-rescaling",
      title: `multiply what enters each of ${units.layout.units} units and divide what leaves it`,
      tensors,
      continuous: true,
      count: units.layout.units,
      verified: true,
      lossChange: units.change,
      ...(await tangentChecks(
        measurement,
        problem.parameters.map((x, i) => x * unitwise[i]),
        unitwise,
      )),
    });
  }
  return found;
}

async function discrete(measurement: Measurement, comparison: LossComparison): Promise<FoundSymmetry[]> {
  const { problem, random } = measurement;
  const { outputs, parameters } = problem.graph();
  const found: FoundSymmetry[] = [];
  for (const [index, exponents] of scalingExponents([outputs], parameters, "sign").entries()) {
    const stream = random.split(`sign ${index}`);
    if (![...exponents.values()].every((exponent) => Number.isInteger(exponent))) continue;
    const units = await findUnits(comparison, unitLayouts(problem.space, exponents), (point, layout) =>
      rescaled(point, unitGenerator(problem.space, layout, randomMarks(stream, layout.units)), -1),
    );
    if (units) {
      found.push({
        kind: "sign-flip",
        title: `flip the signs of what enters and what leaves any of ${units.layout.units} units`,
        tensors: [...exponents.keys()],
        continuous: false,
        count: units.layout.units,
        verified: true,
        lossChange: units.change,
        ...NOT_CONTINUOUS,
      });
    }
  }
  for (const [index, exponents] of scalingExponents([outputs], parameters, "exchange").entries()) {
    const stream = random.split(`exchange ${index}`);
    const units = await findUnits(comparison, unitLayouts(problem.space, exponents), (point, layout) =>
      permuteUnits(point, layout, randomCycle(stream, layout.units)),
    );
    if (!units) continue;
    found.push({
      kind: "permutation",
      title: `exchange any of ${units.layout.units} units`,
      tensors: [...exponents.keys()],
      continuous: false,
      count: units.layout.units - 1,
      verified: true,
      lossChange: units.change,
      ...NOT_CONTINUOUS,
    });
  }
  return found;
}

/** Softmax does not see a number added to all logits: shifts of the last layer's weights along the class axis. */
async function logitShifts(measurement: Measurement, comparison: LossComparison): Promise<FoundSymmetry[]> {
  const { problem, random } = measurement;
  const classes = problem.outputShape[problem.outputShape.length - 1];
  const found: FoundSymmetry[] = [];
  if (!(classes >= 2) || problem.options.loss.correct === undefined) return found;
  const point = problem.parameters;
  for (const { name, shape, offset, size } of problem.space.tensors) {
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] === classes) {
        const rows = size / classes;
        const amounts = random.split(`shift ${name} ${axis}`).normalVector(rows);
        const tangent = new Float64Array(problem.space.dimension);
        for (let i = 0; i < size; i++) {
          const row = Math.floor(i / (stride * classes)) * stride + (i % stride);
          tangent[offset + i] = amounts[row];
        }
        const step = (norm2(point.subarray(offset, offset + size)) || 1) / norm2(tangent);
        const change = await comparison.moved((home) => home.map((x, i) => x + step * tangent[i]));
        if (change <= comparison.rounding) {
          found.push({
            kind: "logit-shift",
            title: `add one number to all ${classes} rows of "${name}"`,
            tensors: [name],
            continuous: true,
            count: rows,
            verified: true,
            lossChange: change,
            ...(await tangentChecks(measurement, tangent, undefined)),
          });
        }
      }
      stride *= shape[axis];
    }
  }
  return found;
}

function randomMarks(random: Measurement["random"], units: number): Float64Array {
  const marks = random.rademacherVector(units).map((x) => (x + 1) / 2);
  // At least one unit stays and one moves.
  marks[0] = 1;
  marks[units - 1] = 0;
  return marks;
}

/** A random order that leaves no unit in its place. */
function randomCycle(random: Measurement["random"], units: number): Uint32Array {
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

export const symmetriesInstrument = defineInstrument({
  name: "symmetries",
  title: "Symmetries and exactly flat directions",
  parameters: z.object({}),
  needs: ["extreme eigenpairs"],
  cost: (problem) => 10 + 2 * problem.space.tensors.length,
  run: async (measurement) => {
    const comparison = await LossComparison.open(measurement);
    const found = [
      ...(await rescalings(measurement, comparison)),
      ...(await logitShifts(measurement, comparison)),
      ...(await discrete(measurement, comparison)),
    ];
    return { parts: { symmetries: { found, flatDirections: flatDirections(found) } }, converged: true };
  },
  readings: ({ symmetries }) => [
    {
      label: "Exactly flat directions",
      value: symmetries === null ? "n/a" : String(symmetries.flatDirections),
      note: "from symmetries that were verified on this network",
    },
    ...(symmetries?.found ?? []).map(({ title, count, verified, lossChange, curvatureAlongTangent }) => ({
      label: title,
      value: `${count} ${verified ? "verified" : "not verified"}`,
      note: `relative change of the loss ${formatNumber(lossChange, 2)}${curvatureAlongTangent === null ? "" : `; curvature along the orbit ${formatNumber(curvatureAlongTangent, 2)} of the largest`}`,
    })),
  ],
  measures:
    "Changes of the weights that provably leave the loss of every example as it is: found in the graph, then verified by carrying one out. For continuous ones also the two identities that follow: the gradient is orthogonal to the direction t of the orbit, and Ht = −Dg.",
  means: ({ symmetries }) =>
    symmetries && symmetries.found.length > 0
      ? `${symmetries.flatDirections} directions are exactly flat because of symmetries. At a critical point each is an eigenvector of the Hessian with eigenvalue 0: these zeros say nothing about the data.`
      : "No symmetry of the kinds that are looked for was found.",
  doesNotMean:
    "More symmetries may exist: only scalings of tensors and units, shifts of logits, sign flips and exchanges of units are looked for. Two networks that differ by such a change compute the same function, however far apart their weights are.",
  tryNext:
    "Before you compare the weights of two checkpoints, align their units: two networks may differ by an exchange of units alone.",
  verdicts: ({ symmetries }) => {
    const broken = symmetries?.found.filter(({ verified, kind }) => !verified && kind === "layer-rescaling") ?? [];
    return broken.map(({ title, lossChange }) => ({
      level: "note",
      text: `The graph allows to ${title}, but the loss changes by ${formatMeasured(lossChange)}: a small constant breaks the symmetry.`,
    }));
  },
});

/** Scalings of units include those of their layer. */
function flatDirections(found: readonly FoundSymmetry[]): number {
  const verified = found.filter(({ continuous, verified: holds }) => continuous && holds);
  const unitwise = new Set(
    verified.filter(({ kind }) => kind === "unit-rescaling").map(({ tensors }) => tensors.join()),
  );
  return verified.reduce(
    (sum, { kind, tensors, count }) => (kind === "layer-rescaling" && unitwise.has(tensors.join()) ? sum : sum + count),
    0,
  );
}
