import { describe, expect, it } from "vitest";
import { createRandom } from "../../random/random-stream.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { denseOperator } from "../../operators/dense-operator.ts";
import { curvaturesAt, kindOf, signsOf } from "./classify.ts";
import type { Ground } from "./ground.ts";
import { levenbergMarquardt } from "./levenberg-marquardt.ts";
import { newtonMr } from "./newton-mr.ts";
import { POWER_ZOO } from "./power-zoo.ts";

const METHODS = [levenbergMarquardt, newtonMr];

/** A function by its value, its gradient and its Hessian, row-major. */
function groundOf(
  dimension: number,
  of: (x: Float64Array) => { readonly value: number; readonly gradient: number[]; readonly hessian: number[] },
): Ground {
  return {
    dimension,
    at: (theta, look) => {
      const { value, gradient, hessian } = of(theta);
      return look({
        value: () => Promise.resolve(value),
        gradient: () => Promise.resolve(Float64Array.from(gradient)),
        hessian: denseOperator(Float64Array.from(hessian), dimension, "Hessian"),
      });
    },
  };
}

/** A function that gives columns of its Hessian. */
function groundOn(on: Objective): Ground {
  const filled = (write: (into: Float64Array) => void) => {
    const into = new Float64Array(on.dimension);
    write(into);
    return [...into];
  };
  return groundOf(on.dimension, (x) => ({
    value: on.value(x),
    gradient: filled((into) => on.gradient(x, into)),
    hessian: Array.from(x, (_, i) =>
      filled((into) =>
        on.hessianVector(
          x,
          x.map((_x, k) => Number(k === i)),
          into,
        ),
      ),
    ).flat(),
  }));
}

const kindAt = async (ground: Ground, at: number[]) => {
  const theta = Float64Array.from(at);
  const curvatures = await curvaturesAt(ground, theta, { reach: 1, lossAtStart: 1 }, createRandom(0), {});
  const signs = signsOf(curvatures, 0);
  return { kind: kindOf(signs), ...signs };
};

describe("the kind of a critical point", () => {
  // What it is at 0 itself, claim A4 asks.
  it.each(
    METHODS.flatMap((method) =>
      POWER_ZOO.map(({ name, on, kind }) => [method.name, name, { method, ground: groundOn(on), kind }] as const),
    ),
  )("is the same where %s comes to it: %s", async (_method, _name, { method, ground, kind }) => {
    const start = Float64Array.from({ length: ground.dimension }, (_, i) => 0.7 + 0.2 * i);
    const found = await method.search(ground, start, { steps: 500, tolerance: 1e-8 }, {});
    expect(found.end).toBe("critical");
    expect(found.gradientNorm).toBeLessThanOrEqual(1e-8 * found.gradientAtStart);
    expect((await kindAt(ground, [...found.theta])).kind).toBe(kind);
  });

  it("counts a curvature above its rounding, however small it is beside the others", async () => {
    const ground = groundOf(3, () => ({ value: 0, gradient: [0, 0, 0], hessian: [2, 0, 0, 0, 2e-9, 0, 0, 0, 0] }));
    expect(await kindAt(ground, [0, 0, 0])).toMatchObject({ positive: 2, flat: 1 });
  });

  it("is a minimum where only symmetries are flat", () => {
    expect(kindOf({ positive: 3, negative: 0, flat: 2, symmetric: 2 })).toBe("minimum");
    expect(kindOf({ positive: 3, negative: 0, flat: 2, symmetric: 1 })).toBe("degenerate");
    expect(kindOf({ positive: 0, negative: 0, flat: 2, symmetric: 2 })).toBe("degenerate");
  });
});

describe.each(METHODS)("a search by $title", (method) => {
  const limits = { steps: 200, tolerance: 1e-8 };

  it("says where only the slope of ‖∇f‖² is 0", async () => {
    // f = x + x³/3 has none: f′ = 1 + x² is least at 0.
    const ground = groundOf(1, ([x]) => ({ value: x + x ** 3 / 3, gradient: [1 + x * x], hessian: [2 * x] }));
    const found = await method.search(ground, Float64Array.of(0.8), limits, {});
    expect(found.end).toBe("gradient-flat");
    expect(Math.abs(found.theta[0])).toBeLessThan(1e-6);
  });

  it("says where its steps were up, and where the gradient is no number", async () => {
    // f = ln(x)² / 2 has its minimum at 1, and none of this at 0.
    const ground = groundOf(1, ([x]) => ({
      value: Math.log(x) ** 2 / 2,
      gradient: [Math.log(x) / x],
      hessian: [(1 - Math.log(x)) / x ** 2],
    }));
    const from = async (start: number, steps: number) =>
      (await method.search(ground, Float64Array.of(start), { ...limits, steps }, {})).end;
    expect(await Promise.all([from(2, 200), from(2, 2), from(0, 200)])).toEqual(["critical", "wandering", "diverged"]);
  });

  it("is over where it starts at a critical point", async () => {
    const ground = groundOf(2, ([x, y]) => ({
      value: x * x - y * y,
      gradient: [2 * x, -2 * y],
      hessian: [2, 0, 0, -2],
    }));
    const found = await method.search(ground, new Float64Array(2), limits, {});
    expect(found).toMatchObject({ end: "critical", steps: 0, gradientNorm: 0 });
  });
});
