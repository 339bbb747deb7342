import { describe, expect, it } from "vitest";
import type { FramedAxes } from "./frame.ts";
import { quadraticOf } from "./quadratic.ts";

const axes: FramedAxes = {
  vectors: null,
  titles: ["t"],
  lengths: [2],
  gram: [[4]],
  cosine: null,
  slope: [1],
  curvature: [[3]],
  asymmetry: 0,
  traceRounding: 0,
  trace: 0.75,
  overlaps: [],
  marks: [],
  notes: [],
  warnings: [],
  converged: true,
};
const home = { loss: 5, rounding: 1e-6 };
const points = (coordinates: readonly number[], loss: (t: number) => number) =>
  coordinates.map((t) => ({ at: [t], loss: loss(t) }));
const parabola = (t: number) => 5 + t + 1.5 * t * t;

describe("where the quadratic ends", () => {
  it("is the first distance at which the loss is off, after those at which it is not", () => {
    const found = quadraticOf(
      axes,
      home,
      points([0, 0.1, 0.2, 0.5], (t) => parabola(t) + (t > 0.3 ? 1 : 0)),
    );
    expect(found).toMatchObject({ holdsTo: 0.4, leavesAt: 1 });
  });

  it("is where a tenth of |gᵀΔ| + ½ |ΔᵀHΔ| is passed", () => {
    // At t = −1: |1 · −1| + ½ · 3 = 2.5, although slope and curvature leave a change of ½.
    const at = (off: number) => quadraticOf(axes, { loss: 5, rounding: 0 }, [{ at: [-1], loss: parabola(-1) + off }]);
    expect(at(0.249)).toMatchObject({ holdsTo: 2, leavesAt: null });
    expect(at(0.251)).toMatchObject({ holdsTo: 0, leavesAt: 2 });
  });

  it("cannot be told where rounding is as large as what is predicted", () => {
    const found = quadraticOf(
      axes,
      home,
      points([-1e-8, 0, 1e-8], () => 5),
    );
    expect(found).toMatchObject({ holdsTo: null, leavesAt: null });
  });

  it("is told by the points where rounding is smaller", () => {
    const found = quadraticOf(axes, home, points([-1e-8, 0, 0.1], parabola));
    expect(found).toMatchObject({ holdsTo: 0.2, leavesAt: null });
  });

  it("is where a loss changes that should not", () => {
    const flat = { ...axes, slope: [0], curvature: [[0]] };
    expect(
      quadraticOf(
        flat,
        home,
        points([0, 0.1], (t) => 5 + t),
      ),
    ).toMatchObject({ holdsTo: 0, leavesAt: 0.2 });
    expect(
      quadraticOf(
        flat,
        home,
        points([0, 0.1], () => 5),
      ),
    ).toMatchObject({ holdsTo: null, leavesAt: null });
  });
});
