import { z } from "zod";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { newton } from "../../optimizers/newton.ts";
import { curvedSaddle } from "../../toys/curved-saddle.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter, stepsUntil } from "../walks.ts";

/** Curvatures b along the way down, next to a = c = 1: one like that across, one next to nothing. */
const ALONG = [
  { b: -0.5, lr: 0.001, from: 1e-4, steps: 11_000 },
  { b: -1e-4, lr: 0.1, from: 1e-2, steps: 300 },
] as const;
/** Of the minimum between two saddles. */
const BETWEEN = 0.375;

export const curvedEscape = defineClaim({
  id: "C6",
  topic: "saddles",
  statement: "Descent leaves a curved saddle along the floor of the valley, w₁ = −(c/a) w₂².",
  says: "rival",
  law: "on ½(a w₁² + b w₂²) + c w₁w₂² with b < 0 it leaves along the unstable manifold, w₁ = −c w₂²/(a + 2|b|)",
  rival: "along the floor, w₁ = −(c/a) w₂²",
  condition:
    "2|b| ≪ a: the way down is slow against the way to the floor; what stands still, as a saddle does, lies on the floor",
  source: "unstable manifold of a saddle (Guckenheimer & Holmes 1983), w₁ = k w₂² by its invariance, w₁′ = 2k w₂w₂′",
  why: "Where w₂ is held, w₁ settles on the floor; one forgets that w₂ grows meanwhile, and the floor moves away.",
  means:
    "Trajectories of training do not lie on the lowest line of a valley: they lag behind it by an amount that the ratio of two curvatures decides.",
  breaks: "Where w₂ is no longer small, terms of higher order bend the manifold; a momentum has another one.",
  reading: [
    "Guckenheimer & Holmes, Nonlinear Oscillations, Dynamical Systems, and Bifurcations of Vector Fields (1983)",
  ],
  parameters: z.object({}),
  found: z.object({
    places: z.array(z.tuple([z.number(), z.number()])),
    way: z.array(z.tuple([z.number(), z.number()])),
    barrier: z.number(),
  }),
  measure() {
    const places = ALONG.map(({ b, lr, from, steps }): [number, number] => {
      const [w1, w2] = placeAfter(
        { on: curvedSaddle.with({ b }), by: gradientDescent.with({ lr }), from: Float64Array.of(0, from) },
        steps,
      );
      return [w1, w2];
    });
    const on = curvedSaddle.with({ b: ALONG[0].b });
    const way: [number, number][] = [];
    stepsUntil({ on, by: gradientDescent.with({ lr: 0.1 }), from: Float64Array.of(0, 1e-3) }, (at) => {
      way.push([at[1], at[0]]);
      return at[1] > 0.3;
    });
    const closed = curvedSaddle.with({ b: BETWEEN });
    const saddle = placeAfter({ on: closed, by: newton.with({}), from: Float64Array.of(-0.2, 0.4) }, 20);
    return { places, way, barrier: closed.value(saddle) };
  },
  conclude([{ places, way, barrier }]) {
    const squares = Array.from({ length: 31 }, (_, i) => i / 100);
    const height = BETWEEN ** 2 / 8;
    return {
      evidence: [
        ...ALONG.map(({ b }, i) => {
          const [w1, w2] = places[i];
          const law = -1 / (1 - 2 * b);
          return weigh({
            name: `w₁/w₂² of gradient descent, a = c = 1, b = ${b}`,
            measured: w1 / w2 ** 2,
            law: equals(law),
            rival: equals(-1),
            allowed: 1e-3 * Math.abs(law),
          });
        }),
        weigh({
          name: `height of the saddle that Newton's method finds, b = ${BETWEEN}: on the floor it is the same`,
          measured: barrier,
          law: equals(height),
          rival: equals(height),
          allowed: 1e-15,
        }),
      ],
      picture: {
        title: "The way down from a curved saddle",
        description: "Where gradient descent goes from (0, 0.001), a = c = 1, b = −½: w₁ against w₂.",
        x: { title: "w₂" },
        y: { title: "w₁" },
        law: [{ name: "unstable manifold", x: squares, y: squares.map((w2) => -(w2 ** 2) / 2) }],
        rival: [{ name: "floor of the valley", x: squares, y: squares.map((w2) => -(w2 ** 2)) }],
        measured: [{ name: "", x: way.map(([w2]) => w2), y: way.map(([, w1]) => w1) }],
      },
    };
  },
});
