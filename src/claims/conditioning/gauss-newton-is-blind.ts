import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { chain } from "../../toys/chain.ts";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, equals, weigh } from "../claim/evidence.ts";

/** ½(w₁w₂ − 1)². */
const on = chain.with({ n: 2, p: 1 });

/** Eigenvalues of the Hessian and of the Gauss–Newton matrix, ascending. */
function both(at: Float64Array) {
  const { gaussNewtonVector = on.hessianVector } = on;
  const [hessian, gaussNewton] = [on, { ...on, hessianVector: gaussNewtonVector }].map((f) =>
    Array.from(symmetricEigen(hessianAt(f, at), 2, false).values),
  );
  return { hessian, gaussNewton };
}

export const gaussNewtonIsBlind = defineClaim({
  id: "D6",
  topic: "conditioning",
  statement: "The Gauss–Newton matrix has no negative eigenvalue, and does not see negative curvature.",
  says: "law",
  law: "G = JᵀJ ⪰ 0; of ½(w₁w₂ − 1)² at 0 the Hessian has the eigenvalues ±1, and G = 0",
  rival: "G has the curvatures of the Hessian, negative ones included",
  source: "Schraudolph 2002; H = G + Σ rᵢ∇²rᵢ",
  why: "It leaves away the second derivatives of the outputs, where all negative curvature of a convex loss sits.",
  means: "A smallest eigenvalue of G that is 0 says nothing of saddles: for that look at the Hessian.",
  breaks: "Of outputs that are linear in the weights, or fit exactly, the two are the same.",
  reading: ["Schraudolph, Neural Comput. 14, 1723 (2002)", "Martens, JMLR 21, 146 (2020)"],
  parameters: z.object({ places: scaled(2000, 200, "random places") }),
  found: z.object({
    hessian: z.array(z.number()),
    gaussNewton: z.array(z.number()),
    lowest: z.number(),
    way: z.array(z.tuple([z.number(), z.number(), z.number()])),
  }),
  measure({ places }, _part, { random }) {
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < places; i++) {
      const [low, high] = both(random.normalVector(2)).gaussNewton;
      lowest = Math.min(lowest, low / high);
    }
    const way = Array.from({ length: 25 }, (_, i): [number, number, number] => {
      const w = i / 20;
      const { hessian, gaussNewton } = both(Float64Array.of(w, w));
      return [w, hessian[0], gaussNewton[0]];
    });
    return { ...both(new Float64Array(2)), lowest, way };
  },
  conclude([{ hessian, gaussNewton, lowest, way }]) {
    return {
      evidence: [
        weigh({
          name: "smallest eigenvalue of G at 0",
          measured: gaussNewton[0],
          law: equals(0),
          rival: equals(-1),
        }),
        weigh({ name: "largest eigenvalue of G at 0", measured: gaussNewton[1], law: equals(0), rival: equals(1) }),
        weigh({
          name: "smallest eigenvalue of the Hessian at 0",
          measured: hessian[0],
          law: equals(-1),
          rival: equals(-1),
          allowed: 1e-15,
        }),
        weigh({
          name: "smallest eigenvalue of G over its largest at random places, the least",
          measured: lowest,
          law: atLeast(0),
          allowed: 1e-14,
        }),
      ],
      picture: {
        title: "What the Gauss–Newton matrix sees",
        description:
          "Smallest eigenvalues of ½(w₁w₂ − 1)² at (w, w). Points are those of G; the other law is the Hessian.",
        x: { title: "w" },
        y: { title: "smallest eigenvalue" },
        law: [{ name: "", x: [0, 1.2], y: [0, 0] }],
        rival: [{ name: "Hessian", x: way.map(([w]) => w), y: way.map(([, low]) => low) }],
        measured: [{ name: "", x: way.map(([w]) => w), y: way.map(([, , low]) => low) }],
      },
    };
  },
});
