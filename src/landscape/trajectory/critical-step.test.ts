import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { criticalStep } from "./critical-step.ts";

/** Counts the passes that a function of the multiple takes. */
function counted(phi: (t: number) => number | null, rounding = 0) {
  const seen: number[] = [];
  const changeAt = (t: number) => {
    seen.push(t);
    const value = phi(t);
    return Promise.resolve(value === null ? null : { value, rounding });
  };
  return { seen, changeAt };
}

describe("the critical step", () => {
  it("is −2 gᵀd / dᵀHd on a quadratic, to rounding, in three passes; in two where the slope is known", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
        fc.double({ min: 0.02, max: 50, noNaN: true }),
        async (steep, root) => {
          // φ(t) = g t + ½ h t², with its root at −2g/h.
          const [g, h] = [-steep, (2 * steep) / root];
          const phi = (t: number) => g * t + (h * t * t) / 2;
          for (const slope of [undefined, g]) {
            const { seen, changeAt } = counted(phi, 1e-13 * steep);
            const found = await criticalStep(changeAt, { slope, passes: 6 });
            const { multiple, error } = found;
            if (multiple === null || error === null) throw new Error(found.reason ?? "");
            expect(Math.abs(multiple - root)).toBeLessThanOrEqual(error + 1e-12 * root);
            expect(error).toBeLessThan(1e-9 * Math.max(1, root));
            // One more where the line leads farther than one pass goes.
            expect(seen.length).toBeLessThanOrEqual((slope === undefined ? 3 : 2) + (root > 8 || root < 0.125 ? 2 : 0));
          }
        },
      ),
    );
  });

  it("lies within the error that it states, of any loss that falls and rises once", async () => {
    const widths: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.1, max: 6, noNaN: true }),
        fc.double({ min: -0.8, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        async (root, cubic, quartic) => {
          // φ/t rises from −1 through 0 at the root.
          const s = (t: number) => t / root;
          const phi = (t: number) => t * (s(t) - 1) * (1 + cubic * s(t) * s(t) * 0.3 + quartic * s(t) ** 3);
          if (1 + cubic * 0.3 * 64 <= 0) return;
          const { seen, changeAt } = counted(phi);
          const found = await criticalStep(changeAt, { slope: -1, passes: 6 });
          const { multiple, error } = found;
          if (multiple === null || error === null) throw new Error(found.reason ?? "");
          expect(Math.abs(multiple - root)).toBeLessThanOrEqual(error + 1e-12);
          expect(seen.length).toBeLessThanOrEqual(6);
          widths.push(error / multiple);
        },
      ),
    );
    const middle = widths.toSorted((a, b) => a - b)[Math.floor(widths.length / 2)];
    expect(middle).toBeLessThan(0.02);
  });

  it.each([
    ["the loss rises from the start", (t: number) => t, 1, "from its start on"],
    ["the loss rises, its slope unknown", (t: number) => t, undefined, "nowhere seen to fall"],
    ["the loss falls for ever", (t: number) => -t, -1, "was not seen to rise above"],
    ["the loss is level", () => 0, undefined, "no more than its rounding"],
    ["the loss is not finite anywhere", () => null, undefined, "nowhere seen to fall"],
  ])("is none where %s, and says so", async (_, phi, slope, reason) => {
    const { changeAt } = counted(phi, 1e-12);
    const found = await criticalStep(changeAt, { slope, passes: 6 });
    expect(found.multiple).toBeNull();
    expect(found.reason).toContain(reason);
  });

  it("is the first of several where slope and curvature tell of it", async () => {
    // The step overshoots a wall and comes down behind it.
    const phi = (t: number) => t * (t - 0.2) * (t - 0.6) * (t - 1.5);
    const { changeAt, seen } = counted(phi, 1e-15);
    const { multiple, error } = await criticalStep(changeAt, { slope: -0.18, curvature: 1.32, passes: 6 });
    expect(Math.abs((multiple ?? 0) - 0.2)).toBeLessThanOrEqual(error ?? 0);
    expect(error).toBeLessThan(0.1);
    expect(seen.length).toBeLessThanOrEqual(6);
  });

  it("is none behind a place where the loss is not finite", async () => {
    const phi = (t: number) => (t > 0.3 && t < 0.9 ? null : t * (t - 0.2) * (t - 0.6) * (t - 1.5));
    const { changeAt } = counted(phi, 1e-15);
    const { multiple } = await criticalStep(changeAt, { slope: -0.18, curvature: 1.32, passes: 6 });
    expect(multiple ?? 0).toBeLessThan(0.3);
  });

  it("stays within what is finite", async () => {
    const { changeAt } = counted((t) => (t > 2 ? null : t * (t - 1.5)));
    const { multiple, error } = await criticalStep(changeAt, { slope: undefined, passes: 6 });
    expect(Math.abs((multiple ?? 0) - 1.5)).toBeLessThanOrEqual((error ?? 0) + 1e-12);
  });
});
