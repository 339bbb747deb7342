import { z } from "zod";
import { tridiagonalEigen } from "../../linalg/tridiagonal-eigen.ts";
import { meanOf } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { type ClaimDesk, defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { threeSigma } from "../three-sigma.ts";
import { criticalPointFrom } from "./critical-point.ts";
import { fittedSlope } from "./fitted-slope.ts";
import { goeTridiagonal } from "./goe-tridiagonal.ts";
import { slopeAnywhere, slopeAtCritical, slopeOfMany } from "./height-coupling.ts";
import { planarSurface } from "./planar-surface.ts";
import { slopeTurns } from "./slope-turns.ts";

/** Two functions f with f = 1, f′ = −1 at 0, as sums of w e^(−ax): f″ is 2, as of 1/(1 + x), and 1. */
const TWO_SCALES = {
  name: "0.8 e^(−x/2) + 0.2 e^(−3x)",
  terms: [
    [0.8, 0.5],
    [0.2, 3],
  ],
  at0: { value: 1, slope: -1, curvature: 2 },
} as const;
const GAUSSIAN = { name: "e⁻ˣ", terms: [[1, 1]], at0: { value: 1, slope: -1, curvature: 1 } } as const;

/** Surfaces over a torus of this side, N = 2, looked at on so many places a side. */
const [SIDE, GRID] = [16, 128];
/** Places of a surface that are not chosen. */
const PLACES = 60;
/** Rows of matrices with the weight of critical points. */
const ROWS = 40;

const SURFACES = [TWO_SCALES, GAUSSIAN] as const;

const pairs = z.array(z.array(z.object({ height: z.number(), mean: z.number() })));
const estimate = z.object({ value: z.number(), standardError: z.number() });

/** A slope with the number of independent samples that its standard error is made of. */
type Slope = z.output<typeof estimate> & { readonly samples: number };

export const heightShiftsSpectrum = defineClaim({
  id: "B6",
  topic: "random-matrices",
  statement:
    "Height acts as a rigid shift of the whole spectrum: at a critical point the Hessian of a random surface is that of any point of its height.",
  says: "rival",
  law: "⟨φφ⟩ = N f(|x − y|²/2N): at critical points the mean eigenvalue goes with the height Nε as 2f′f″ε/(f f″ + f′²), N → ∞; of finite N by the weight |det H|: −1.63ε for N = 2, f = 1, f′ = −1, f″ = 2",
  rival: "f′ε/f, as at a random point of that height",
  condition:
    "a point that was not chosen for being critical, or many dimensions and f f″ = f′², which a Gaussian f has",
  source: "Bray & Dean 2007; Kac 1943 and Rice 1945 for finite N, derived",
  why: "The law of the Hessian at a given height is easily had, and critical points are taken for points like others.",
  means:
    "At one height a critical point has another spectrum than a point without that property: what is learnt of one does not hold of the other.",
  breaks:
    "Searches find critical points the more often the wider their surroundings lead there, and so see a slope between the two; on the plane all are counted instead.",
  reading: ["Bray & Dean, Phys. Rev. Lett. 98, 150201 (2007)", "Fyodorov, Phys. Rev. Lett. 92, 240601 (2004)"],
  parameters: z.object({
    surfaces: scaled(150, 8, "surfaces over a plane, of each kind"),
    draws: scaled(30_000, 1500, "Hessians of 40 rows, of each kind"),
  }),
  parts: () => 2 * SURFACES.length,
  found: z.object({ critical: pairs, random: pairs, weighted: estimate.nullable() }),
  async measure({ surfaces, draws }, part, desk) {
    const kind = SURFACES[part % SURFACES.length];
    if (part >= SURFACES.length)
      return { critical: [], random: [], weighted: weightedSlope(draws, kind.at0.curvature, desk.random) };
    const found = [];
    for (let k = 0; k < surfaces; k++) found.push(await pointsOf(kind, desk.random.split(String(k)), desk));
    return {
      critical: found.map(({ critical }) => critical),
      random: found.map(({ random }) => random),
      weighted: null,
    };
  },
  conclude(found, { surfaces, draws }) {
    const [two, one] = found;
    const [first] = two.critical;
    const slopeOf = (groups: z.output<typeof pairs>): Slope => ({
      ...fittedSlope(groups.map((group) => group.map(({ height, mean }) => ({ x: height, y: mean })))),
      samples: surfaces,
    });
    const measured = (name: string, slope: Slope, law: number, rival: number) =>
      weigh({
        name,
        measured: slope.value,
        standardError: slope.standardError,
        law: equals(law),
        rival: equals(rival),
        allowed: threeSigma(slope.standardError, slope.samples),
      });
    const slopes = "slope of the mean eigenvalue against the height ε";
    const ends = [-1.5, 1.5];
    return {
      evidence: [
        ...[two, one].map(({ critical }, i) =>
          measured(
            `${slopes} at ${critical.flat().length} critical points, all of ${critical.length} surfaces, N = 2, f = ${SURFACES[i].name}`,
            slopeOf(critical),
            slopeAtCritical(SURFACES[i].at0, 2),
            slopeAnywhere(SURFACES[i].at0),
          ),
        ),
        measured(
          `${slopes} at random points of the surfaces, f = ${TWO_SCALES.name}`,
          slopeOf(two.random),
          slopeAnywhere(TWO_SCALES.at0),
          slopeAnywhere(TWO_SCALES.at0),
        ),
        ...found.flatMap(({ weighted }, i) => {
          const { name, at0 } = SURFACES[i % SURFACES.length];
          if (weighted === null) return [];
          const law = slopeAtCritical(at0, ROWS);
          return [
            measured(
              `${slopes}, Hessians drawn with the weight of critical points, N = ${ROWS}, f = ${name}; ${slopeOfMany(at0).toFixed(3)} as N → ∞`,
              { ...weighted, samples: draws },
              law,
              slopeAnywhere(at0),
            ),
          ];
        }),
      ],
      picture: {
        title: "Height and curvature at the critical points of a random surface",
        description: `Mean eigenvalue of the Hessian at every critical point of one surface against the height, f = ${TWO_SCALES.name}, N = 2.`,
        x: { title: "height ε" },
        y: { title: "mean eigenvalue" },
        law: [{ name: "at a critical point", x: ends, y: ends.map((x) => slopeAtCritical(TWO_SCALES.at0, 2) * x) }],
        rival: [{ name: "at a random point", x: ends, y: ends.map((x) => slopeAnywhere(TWO_SCALES.at0) * x) }],
        measured: [{ name: "", x: first.map(({ height }) => height), y: first.map(({ mean }) => mean) }],
      },
    };
  },
});

/** Height ε and mean eigenvalue at the critical points of one surface, and at as many places as are not chosen. */
async function pointsOf({ terms }: (typeof SURFACES)[number], random: RandomStream, { context }: ClaimDesk) {
  // N w e^(−a r²/2N) is a part of weight Nw and length √(N/a), N = 2.
  const parts = terms.map(([weight, rate]) => ({ weight: 2 * weight, length: Math.sqrt(2 / rate) }));
  const { everywhere, onGrid } = planarSurface(SIDE, parts, random);
  const step = SIDE / GRID;
  const at = (theta: Float64Array) => {
    const [a, , , d] = everywhere.hessian(theta);
    return { height: everywhere.value(theta) / 2, mean: (a + d) / 2 };
  };
  const turns = slopeTurns(onGrid(GRID).slopes, GRID);
  const critical = [];
  for (let square = 0; square < turns.length; square++) {
    if (turns[square] === 0) continue;
    const start = Float64Array.of((Math.floor(square / GRID) + 0.5) * step, ((square % GRID) + 0.5) * step);
    const point = await criticalPointFrom(everywhere, start, context);
    // Another one than that around which the slope turned is not taken twice.
    if (point !== undefined && Math.hypot(point.at[0] - start[0], point.at[1] - start[1]) < 2 * step)
      critical.push(at(point.at));
  }
  const places = Array.from({ length: PLACES }, () =>
    Float64Array.of(SIDE * random.uniform(), SIDE * random.uniform()),
  );
  return { critical, random: places.map(at) };
}

/**
 * The same slope of Hessians as they are at a random point, each weighted by |det H|. From ⟨φᵢⱼφₖₗ⟩ = (f″/N)(δᵢⱼδₖₗ + δᵢₖδⱼₗ + δᵢₗδⱼₖ)
 * and ⟨φᵢⱼφ⟩ = f′δᵢⱼ, f = 1, f′ = −1: ε has the variance 1/N, and H = (−ε + ζ) 1 + √f″ GOE, ζ the variance (f″ − 1)/N.
 */
function weightedSlope(draws: number, curvature: number, random: RandomStream): z.output<typeof estimate> {
  const radius = Math.sqrt(curvature);
  const drawn = Array.from({ length: draws }, () => {
    const height = random.normal() / Math.sqrt(ROWS);
    const shift = -height + Math.sqrt((curvature - 1) / ROWS) * random.normal();
    const { diagonal, offDiagonal } = goeTridiagonal(ROWS, random);
    const curvatures = tridiagonalEigen(diagonal, offDiagonal, "none").values.map((value) => radius * value + shift);
    return {
      x: height,
      y: meanOf(curvatures),
      size: curvatures.reduce((sum, value) => sum + Math.log(Math.abs(value)), 0),
    };
  });
  const largest = drawn.reduce((most, { size }) => Math.max(most, size), Number.NEGATIVE_INFINITY);
  return fittedSlope(drawn.map(({ x, y, size }) => [{ x, y, weight: Math.exp(size - largest) }]));
}
