import { hasScales } from "../../graph/unit-freedom.ts";
import type { Problem } from "../../problem/problem.ts";
import { deriveSymmetry } from "../../symmetry/derive-symmetry.ts";
import type { Symmetry, UnitTensor } from "../../symmetry/symmetry.ts";
import { elementsOf } from "../../symmetry/tensor-elements.ts";
import type { Tracked } from "./tracked.ts";

const START = "start";

/** The scales of units that change nothing, read off the graph. */
function scalesOf({ network, space }: Problem): Symmetry {
  const { imported, graph } = network;
  const { symmetry } = deriveSymmetry(
    { outputs: [graph.outputs], parameters: imported.parameters, tensors: space.tensors },
    { within: "monomial" },
  );
  return symmetry;
}

/** The classes of units that may be scaled, each by its own number. */
function scaledClasses({ classes }: Symmetry): number[] {
  return [...classes.keys()].filter((c) => hasScales(classes[c].freedom) && classes[c].places === undefined);
}

/** Iᵤ = Σ ± ‖what a unit scales‖²: + where its scale multiplies, − where it divides. */
function balances(symmetry: Symmetry, theta: Float64Array): Float64Array {
  const chosen = scaledClasses(symmetry);
  const starts = new Map<number, number>();
  let units = 0;
  for (const c of chosen) {
    starts.set(c, units);
    units += symmetry.classes[c].extent;
  }
  const sums = new Float64Array(units);
  for (const tensor of symmetry.tensors)
    tensor.dimensions.forEach(({ units: c, dual }, axis) => {
      const start = c === undefined ? undefined : starts.get(c);
      if (start !== undefined) addSquares(sums.subarray(start), tensor, axis, theta, dual ? -1 : 1);
    });
  return sums;
}

function addSquares(sums: Float64Array, tensor: UnitTensor, axis: number, theta: Float64Array, sign: 1 | -1): void {
  const { dimensions } = tensor;
  const elements = elementsOf(tensor, theta);
  const sizeOf = (part: typeof dimensions) => part.reduce((product, { extent }) => product * extent, 1);
  const [before, extent, behind] = [
    sizeOf(dimensions.slice(0, axis)),
    dimensions[axis].extent,
    sizeOf(dimensions.slice(axis + 1)),
  ];
  let at = 0;
  for (let i = 0; i < before; i++)
    for (let unit = 0; unit < extent; unit++)
      for (let j = 0; j < behind; j++, at++) sums[unit] += sign * elements[at] ** 2;
}

export const balance: Tracked = {
  name: "balance",
  title: "Conserved quantities",
  summary:
    "‖what goes into a unit‖² − ‖what leaves it‖², which gradient flow conserves wherever scaling a unit changes nothing",
  source: "Du 2018",
  axis: "mean over the units",
  says: "Iᵤ of each unit that may be scaled without changing the function, read off the graph. Gradient flow on the loss without weight decay leaves it as it is; a step of gradient descent moves it by η²(‖∇ into‖² − ‖∇ out of‖²), so a drift is what the finite step, momentum, preconditioning or weight decay add.",
  isOfExamples: false,
  cost: 0,
  notFor: (problem) =>
    scaledClasses(scalesOf(problem)).length === 0
      ? "the network has no unit that may be scaled without changing its function"
      : undefined,
  measure({ problem, point, memory }) {
    const now = balances(scalesOf(problem), point.parameters);
    const start = memory.get(START) ?? now;
    memory.set(START, start);
    const mean = (of: (unit: number) => number) =>
      now.reduce((sum, _, unit) => sum + Math.abs(of(unit)), 0) / now.length;
    return Promise.resolve([
      { series: "mean |Iᵤ|", value: mean((unit) => now[unit]), error: null },
      { series: "mean |Iᵤ − Iᵤ(0)|", value: mean((unit) => now[unit] - start[unit]), error: null },
    ]);
  },
};
