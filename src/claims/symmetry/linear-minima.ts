import { z } from "zod";
import { criticalPointFrom } from "../random-matrices/critical-point.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, equals, weigh } from "../claim/evidence.ts";
import { twoLinearLayers } from "./two-linear-layers.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** Singular values of the matrix that is to be fitted, and the rank that the network has. */
const SINGULAR = [4, 3, 2, 1];
const RANK = 2;
const N = SINGULAR.length;
const DIMENSION = 2 * N * RANK;
/** Curvatures below this are 0 to rounding: where a factor has less than full rank they vanish only as fast as the error's root. */
const FLAT = 1e-4;
const PARTS = 4;

const on = twoLinearLayers(SINGULAR, RANK);

/** A set S of singular values that a critical point fits, what it leaves, and its index. */
const classes = subsets(SINGULAR, RANK).map((fitted) => {
  const left = SINGULAR.filter((s) => !fitted.includes(s));
  const swaps = fitted.reduce((sum, s) => sum + left.filter((other) => other > s).length, 0);
  return {
    fitted,
    value: left.reduce((sum, s) => sum + s * s, 0) / 2,
    index: swaps + (RANK - fitted.length) * (N - fitted.length),
  };
});
const best = minOf(classes.map(({ value }) => value));

export const linearMinima = defineClaim({
  id: "E1",
  topic: "symmetry",
  statement: "Every local minimum of a deep linear network is a global one.",
  says: "law",
  law: "of ½‖W₂W₁ − M‖² with r units, critical points fit a set S of k ≤ r singular values: value ½Σ_{i∉S} sᵢ², index #{i ∈ S, j ∉ S : sⱼ > sᵢ} + (r − k)(n − k), which is 0 for the r largest alone",
  rival: "among critical points that are not global there are minima, of index 0",
  source: "Baldi & Hornik 1989; Kawaguchi 2016, theorem 2.3; Laurent & von Brecht 2018",
  why: "The product of the matrices could be any of that rank, and in terms of the product the loss is convex.",
  means:
    "What stops the training of a linear network are saddles: each fits some of the directions, and has yet to find another.",
  breaks: "A nonlinearity, or a penalty on the weights, may bring minima that are not global.",
  reading: ["Baldi & Hornik, Neural Netw. 2, 53 (1989)", "Kawaguchi, NeurIPS 29 (2016)"],
  parameters: z.object({ starts: scaled(600, 16, "starts of a search for critical points") }),
  parts: () => PARTS,
  found: z.array(z.object({ value: z.number(), index: z.number() })),
  async measure({ starts }, _part, { random, context }) {
    const points = [];
    for (let i = 0; i < Math.ceil(starts / PARTS); i++) {
      const size = 0.2 + 1.8 * random.uniform();
      const start = random.normalVector(DIMENSION).map((x) => size * x);
      const point = await criticalPointFrom(on, start, context);
      if (point === undefined) continue;
      points.push({ value: point.value, index: point.curvatures.filter((each) => each < -FLAT).length });
    }
    return points;
  },
  conclude(found, { starts }) {
    const points = found.flat();
    const matched = points.map(({ value, index }) => ({
      own: classes.find((each) => Math.abs(each.value - value) <= 1e-6 && each.index === index),
      value,
      index,
    }));
    const isGlobal = (value: number) => value <= best + 1e-6;
    const others = points.filter(({ value }) => !isGlobal(value)).map(({ index }) => index);
    const least = others.length === 0 ? Number.NaN : minOf(others);
    const seen = new Set(matched.flatMap(({ own }) => (own === undefined ? [] : [own])));
    return {
      evidence: [
        weigh({
          name: `least index of critical points that are not global, of ${points.length} that ${starts} starts led to`,
          measured: least,
          law: atLeast(1),
          rival: equals(0),
        }),
        weigh({
          name: "share of them whose value is that of a set to 1e-6, and whose index is the one of that set",
          measured: matched.filter(({ own }) => own !== undefined).length / matched.length,
          law: equals(1),
        }),
        weigh({
          name: `sets that were found, of ${classes.length}`,
          measured: seen.size,
          law: atLeast(Math.min(classes.length, Math.floor(starts / 40))),
        }),
      ],
      picture: {
        title: "Critical points of a deep linear network",
        description: `Index against value of all critical points that were found, n = ${N}, r = ${RANK}, singular values ${SINGULAR.join(", ")}; the law has one point for each set. The other law has points of index 0 above the lowest value.`,
        x: { title: "value" },
        y: { title: "index" },
        law: [{ name: "", x: classes.map(({ value }) => value), y: classes.map(({ index }) => index) }],
        rival: [{ name: "index 0", x: [best, maxOf(classes.map(({ value }) => value))], y: [0, 0] }],
        measured: [{ name: "", x: points.map(({ value }) => value), y: points.map(({ index }) => index) }],
      },
    };
  },
});

/** All sets of no more than so many. */
function subsets(of: readonly number[], most: number): number[][] {
  return of
    .reduce<number[][]>((all, each) => all.concat(all.map((set) => [...set, each])), [[]])
    .filter((set) => set.length <= most);
}
