import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { chain } from "../../toys/chain.ts";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

const DEPTHS = [2, 3, 4];
/** Distances from 0 along (1, …, 1) at which the loss is looked at. */
const DISTANCES = [0.01, 0.014, 0.02, 0.028, 0.04];

export const orderAtZero = defineClaim({
  id: "E2",
  topic: "symmetry",
  statement: "Every critical point of a deep linear network that is no global minimum is a strict saddle.",
  says: "rival",
  law: "a saddle it is, but for L ≥ 3 layers not a strict one: at 0 the Hessian is 0 and the loss falls with the L-th power of the distance",
  rival: "at 0 there is negative curvature, and the loss falls with the square of the distance",
  condition: "two layers",
  source: "Kawaguchi 2016, theorem 2.3 (iv)",
  why: "With two layers it is so, and results on strict saddles are then quoted for any depth.",
  means:
    "Small initial weights put a deep network next to a point without slope and without curvature; the deeper, the flatter.",
  breaks: "Skip connections and larger initial weights begin elsewhere.",
  reading: ["Kawaguchi, NeurIPS 29 (2016)", "Laurent & von Brecht, ICML (2018)"],
  parameters: z.object({}),
  found: z.array(z.object({ lowest: z.number(), falls: z.array(z.number()) })),
  measure: () =>
    DEPTHS.map((n) => {
      const on = chain.with({ n, p: 1 });
      const zero = new Float64Array(n);
      return {
        lowest: symmetricEigen(hessianAt(on, zero), n, false).values[0],
        falls: DISTANCES.map((t) => on.value(zero) - on.value(new Float64Array(n).fill(t))),
      };
    }),
  conclude([found]) {
    const order = (falls: readonly number[]) =>
      Math.log(falls[falls.length - 1] / falls[0]) / Math.log(DISTANCES[DISTANCES.length - 1] / DISTANCES[0]);
    return {
      evidence: [
        ...DEPTHS.map((n, i) =>
          weigh({
            name: `order in the distance by which the loss falls from 0, L = ${n}`,
            measured: order(found[i].falls),
            law: equals(n),
            rival: equals(2),
            allowed: 0.01,
          }),
        ).toReversed(),
        ...DEPTHS.map((n, i) =>
          weigh({
            name: `smallest eigenvalue of the Hessian at 0, L = ${n}`,
            measured: found[i].lowest,
            law: equals(n === 2 ? -1 : 0),
            rival: equals(-1),
            allowed: 1e-15,
          }),
        ),
      ],
      picture: {
        title: "How a deep linear network falls from 0",
        description:
          "The fall of the loss ½(w₁⋯w_L − 1)² against the weights, all alike, for two, three and four layers.",
        x: { title: "w", scale: "log" },
        y: { title: "fall of the loss", scale: "log" },
        law: DEPTHS.map((n) => ({ name: `L = ${n}`, x: DISTANCES, y: DISTANCES.map((t) => t ** n) })),
        rival: [{ name: "square", x: DISTANCES, y: DISTANCES.map((t) => t * t) }],
        measured: DEPTHS.map((n, i) => ({ name: `L = ${n}`, x: DISTANCES, y: found[i].falls })),
      },
    };
  },
});
