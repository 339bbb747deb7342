import { describe, expect, it } from "vitest";
import { div } from "../ops/arithmetic.ts";
import { less, where } from "../ops/logic.ts";
import { matmul } from "../ops/matmul.ts";
import { norm } from "../ops/norm.ts";
import { standardize } from "../ops/standardize.ts";
import { relu, tanh } from "../ops/unary.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import type { Loss } from "../problem/losses/loss.ts";
import { createRandom } from "../random/random-stream.ts";
import type { SymmetryPart } from "./symmetry/symmetries-part.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import { deskOf } from "../../test/support/desk-of.ts";
import type { Desk } from "../quantities/desk.ts";
import { measureFlatness, localHere } from "./flatness/flatness-measures.ts";
import { nullSpace } from "./symmetry/scaling-exponents.ts";
import { symmetriesInstrument } from "./symmetries.ts";
import { layerScalings, rescaled, tensorGenerator } from "./symmetry/rescaling.ts";
import { array, type BuildNetwork, buildProblem } from "../../test/support/build-problem.ts";
import { denseProblem, type Dense } from "../../test/support/dense-problem.ts";
import { partOf } from "../../test/support/result-with.ts";

const OPTIONS = { top: 2, bottom: 1, exactLimit: 0 };

function network(widths: readonly number[], activation: string | undefined, loss: Loss, l2 = 0) {
  const random = createRandom(5).split(`${widths.join()} ${activation}`);
  const layers = widths.slice(1).map((outputs, i): Dense => ({
    name: `layer${i}`,
    inputs: widths[i],
    weights: [...random.normalVector(widths[i] * outputs)],
    bias: [...random.normalVector(outputs)],
    activation: i < widths.length - 2 ? activation : undefined,
  }));
  const outputs = widths[widths.length - 1];
  const x = Array.from({ length: 24 }, () => [...random.normalVector(widths[0])]);
  const y = loss === crossEntropy ? x.map((_, i) => i % outputs) : x.map(() => [...random.normalVector(outputs)]);
  return deskOf(denseProblem(layers, x, y, loss, { l2 }), OPTIONS);
}

async function symmetriesOf(desk: Desk): Promise<SymmetryPart> {
  const parts = await partOf(symmetriesInstrument, desk);
  if (!parts.symmetries) throw new Error("no symmetries were measured");
  return parts.symmetries;
}

function countsOf({ found }: SymmetryPart): string[] {
  return found.filter(({ verified }) => verified).map(({ kind, count }) => `${kind} ${count}`);
}

describe("symmetries", () => {
  it.each([0, 0.1])("are those of the loss without its L2 term, which is said, λ = %d", async (l2) => {
    const symmetries = await symmetriesOf(network([3, 4, 2], "Tanh", crossEntropy, l2));
    expect(symmetries.l2).toBe(l2);
    expect(symmetries.flatDirections).toBe(5);
    const { means } = symmetriesInstrument;
    const said = typeof means === "string" ? means : means({ symmetries, loss: 0, accuracy: null, gradientNorm: 0 });
    expect(said.includes("eigenvalue 0")).toBe(l2 === 0);
    expect(said.includes("without its L2 term")).toBe(l2 > 0);
  });

  it("of a ReLU network: scaling of every unit, exchange, no signs", async () => {
    const part = await symmetriesOf(network([3, 5, 4, 2], "Relu", meanSquaredError));
    expect(countsOf(part)).toEqual([
      "layer-rescaling 1",
      "unit-rescaling 5",
      "layer-rescaling 1",
      "unit-rescaling 4",
      "permutation 4",
      "permutation 3",
    ]);
    expect(part.flatDirections).toBe(9);
    for (const { continuous, gradientAlongTangent, identityError } of part.found) {
      if (!continuous) continue;
      expect(gradientAlongTangent).toBeLessThan(1e-12);
      expect(identityError).toBeLessThan(1e-12);
    }
  });

  it("of a tanh network: signs and exchange, no scaling", async () => {
    const part = await symmetriesOf(network([3, 5, 2], "Tanh", meanSquaredError));
    expect(countsOf(part)).toEqual(["sign-flip 5", "permutation 4"]);
    expect(part.flatDirections).toBe(0);
  });

  it("of a softplus network with cross-entropy: shifts of the logits", async () => {
    const part = await symmetriesOf(network([3, 5, 4], "Softplus", crossEntropy));
    expect(countsOf(part)).toEqual(["logit-shift 5", "logit-shift 1", "permutation 4"]);
    expect(part.flatDirections).toBe(6);
  });
});

describe("symmetries of what is normalised", () => {
  const random = createRandom(8);
  const matrix = (label: string, rows: number, columns: number) =>
    array([rows, columns], random.split(label).normalVector(rows * columns));
  const found = async (build: BuildNetwork) => {
    const x = matrix("x", 20, 3);
    const y = matrix("y", 20, 2);
    const parameters = { hidden: matrix("hidden", 3, 4), last: matrix("last", 4, 2) };
    const problem = buildProblem({ x, y, parameters, build, loss: meanSquaredError });
    const part = await symmetriesOf(deskOf(problem, OPTIONS));
    return {
      names: part.found.map(
        ({ kind, tensors, count, verified }) => `${kind} ${tensors.join(" ")} ${count} ${verified}`,
      ),
      flat: part.flatDirections,
    };
  };

  it("the length of rows, kept from 0: what makes them may be multiplied", async () => {
    const { names, flat } = await found((x, { hidden, last }) => {
      const z = matmul(relu(matmul(x, hidden)), last);
      const length = norm(z, [1]);
      return div(z, where(less(length, 1e-12), 1e-12, length));
    });
    expect(names).toEqual([
      "layer-rescaling hidden last 1 true",
      "unit-rescaling hidden last 4 true",
      "layer-rescaling hidden 1 true",
      "permutation hidden last 3 true",
    ]);
    expect(flat).toBe(5);
  });

  it("mean and variance: with the ε of the variance the scaling in front is close to a symmetry, and not verified", async () => {
    const { names } = await found((x, { hidden, last }) =>
      matmul(tanh(standardize(matmul(x, hidden), { axis: 1, epsilon: 1e-5 })), last),
    );
    expect(names).toContain("layer-rescaling hidden 1 false");
    expect(names).toContain("permutation hidden last 3 true");
  });
});

describe("flatness under rescaling", () => {
  it("moves λmax and the trace as the blocks of H do, and leaves adaptive sharpness where it was (F4)", async () => {
    const desk = network([3, 6, 2], "Relu", meanSquaredError);
    const { problem } = desk;
    const [exponents] = layerScalings(desk);
    const generator = tensorGenerator(desk, exponents);
    const n = problem.space.dimension;
    const diagonalOf = async () => {
      const units = Array.from({ length: n }, (_, i) =>
        Float64Array.from({ length: n }, (_unused, j) => (i === j ? 1 : 0)),
      );
      return (await desk.operator(hessianOperator).apply(units)).map((image, i) => image[i]);
    };
    const parameters = {
      boxEpsilon: 1e-3,
      rho: 0.05,
      adaptiveRho: 0.1,
      sigma: 0.01,
      sigmaSamples: 16,
      ascentSteps: 20,
    };
    const measure = async (at: Desk) => measureFlatness(at, parameters, await localHere(at, desk.random), desk.random);
    const home = await measure(desk);
    const diagonal = await diagonalOf();
    const factor = 3;
    const moved = await measure(desk.at(problem.at(rescaled(problem.point.parameters, generator, factor))));
    const named = (measures: typeof home, name: string) =>
      measures.find((each) => each.name === name)?.value ?? Number.NaN;
    // H′ = D⁻¹HD⁻¹, so tr H′ = Σ Hᵢᵢ/Dᵢ².
    const predicted = diagonal.reduce((sum, h, i) => sum + h / factor ** (2 * generator[i]), 0);
    expect(Math.abs(named(moved, "trace") / predicted - 1)).toBeLessThan(0.06);
    expect(named(moved, "lambda-max") / named(home, "lambda-max")).toBeGreaterThan(2);
    // The maximum is invariant; an ascent stops when a step gains less than one part in a thousand.
    expect(Math.abs(named(moved, "adaptive-sharpness") / named(home, "adaptive-sharpness") - 1)).toBeLessThan(1e-3);
  });

  it("agrees with the exact answers on a quadratic (F1, F2)", async () => {
    const random = createRandom(2);
    const x = Array.from({ length: 30 }, () => [...random.normalVector(4)]);
    const y = x.map((row) => [row[0] - row[3]]);
    // At the exact fit the gradient is 0 and the loss is a quadratic form.
    const problem = denseProblem([{ name: "w", inputs: 4, weights: [1, 0, 0, -1] }], x, y, meanSquaredError);
    const desk = deskOf(problem, OPTIONS);
    const parameters = {
      boxEpsilon: 1e-3,
      rho: 0.05,
      adaptiveRho: 0.5,
      sigma: 0.01,
      sigmaSamples: 400,
      ascentSteps: 60,
    };
    const measures = await measureFlatness(desk, parameters, await localHere(desk, desk.random), desk.random);
    const valueOf = (name: string) => measures.find((each) => each.name === name)?.value ?? Number.NaN;
    const { top } = await desk.get(hessianExtremes);
    // The worst step in a ball is ρv₁: ½ρ²λmax.
    expect(valueOf("ball-sharpness")).toBeCloseTo((0.05 ** 2 / 2) * top[0].value, 8);
    const expected = measures.find(({ name }) => name === "expected-sharpness");
    expect(Math.abs((expected?.value ?? 0) - (0.01 ** 2 / 2) * valueOf("trace"))).toBeLessThan(
      4 * (expected?.standardError ?? 0) + 1e-12,
    );
    // The box: every corner can be tried.
    let best = 0;
    for (let corner = 0; corner < 16; corner++) {
      const step = [1, 0, 0, -1].map((w, j) => (corner & (1 << j) ? 1 : -1) * 1e-3 * (Math.abs(w) + 1));
      best = Math.max(
        best,
        x.reduce((sum, row) => sum + row.reduce((s, value, j) => s + value * step[j], 0) ** 2 / x.length, 0),
      );
    }
    expect(valueOf("box-sharpness")).toBeLessThanOrEqual(100 * best * (1 + 1e-9));
    expect(valueOf("box-sharpness")).toBeGreaterThan(100 * best * 0.8);
  });
});

describe("nullSpace", () => {
  it("solves what it is given", () => {
    const equations = [Float64Array.of(1, -1, 0, 0), Float64Array.of(0, 1, 1, -1)];
    const basis = nullSpace(equations, 4);
    expect(basis).toHaveLength(2);
    for (const vector of basis)
      for (const row of equations) expect(row.reduce((sum, a, i) => sum + a * vector[i], 0)).toBe(0);
  });
});
