import { z } from "zod";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { inputsOf, rectifiedNetwork, weightsOf } from "./rectified-network.ts";
import { rescaledTrace } from "./rescaled-trace.ts";

const WIDTHS = { inputs: 4, hidden: 6, outputs: 2 };
const EXAMPLES = 30;
const SCALES = [5, 2, 0.5];
/** Beside α⁴ = t₁/t₂, where the trace is to be least. */
const BESIDE = [0.9, 1.1];

export const rescaledSharpness = defineClaim({
  id: "F4",
  topic: "flatness",
  statement: "Sharpness can be reparametrised away.",
  says: "law",
  law: "(αW₁, W₂/α) is the same function for ReLU, and its Gauss–Newton trace t₁/α² + α²t₂, least at α⁴ = t₁/t₂, 2√(t₁t₂)",
  rival: "sharpness belongs to the function: the trace is t₁ + t₂ for every α",
  source: "Dinh, Pascanu, S. Bengio & Y. Bengio 2017; D⁻¹HD⁻¹ for the weights Dθ of the same function",
  why: "Units with ReLU know only the product of what goes in and what goes out, while a second derivative knows the unit of length of each weight.",
  means:
    "A trace or a λ₁ of two networks compares nothing before it is said how long a weight is: compare what does not move with α, as adaptive sharpness, or 2√(t₁t₂).",
  breaks:
    "With weight decay, or another penalty on weights, the function is not all: α is then decided. Units with tanh cannot be scaled.",
  reading: ["Dinh, Pascanu, S. Bengio & Y. Bengio, ICML (2017)", "Kwon, Kim, Park & Choi, ICML (2021)"],
  parameters: z.object({}),
  found: z.object({
    blocks: z.array(z.number()),
    traces: z.array(z.number()),
    least: z.number(),
    beside: z.array(z.number()),
    changes: z.array(z.number()),
  }),
  measure(_options, _part, { random }) {
    const labels = random.normalVector(EXAMPLES * WIDTHS.outputs);
    const net = rectifiedNetwork(WIDTHS, inputsOf(EXAMPLES, WIDTHS, random), labels);
    const home = weightsOf(WIDTHS, random);
    const scaled = (alpha: number) => home.map((x, i) => (i < net.split ? alpha * x : x / alpha));
    const blocksAt = (at: Float64Array) => {
      const matrix = hessianAt({ ...net, hessianVector: net.gaussNewtonVector }, at);
      const diagonal = home.map((_, i) => matrix[i * (home.length + 1)]);
      return [diagonal.subarray(0, net.split), diagonal.subarray(net.split)].map((block) =>
        block.reduce((sum, each) => sum + each, 0),
      );
    };
    const traceOf = (alpha: number) => {
      const [first, second] = blocksAt(scaled(alpha));
      return first + second;
    };
    const blocks = blocksAt(home);
    const balanced = (blocks[0] / blocks[1]) ** 0.25;
    const outputs = net.outputs(home);
    return {
      blocks,
      traces: SCALES.map(traceOf),
      least: traceOf(balanced),
      beside: BESIDE.map((factor) => traceOf(factor * balanced)),
      changes: SCALES.map((alpha) =>
        net.outputs(scaled(alpha)).reduce((most, y, i) => Math.max(most, Math.abs(y - outputs[i])), 0),
      ),
    };
  },
  conclude([{ blocks, traces, least, beside, changes }]) {
    const [t1, t2] = blocks;
    const law = (alpha: number) => t1 / alpha ** 2 + alpha ** 2 * t2;
    const fine = Array.from({ length: 61 }, (_, i) => 0.4 * 15 ** (i / 60));
    return {
      evidence: [
        ...SCALES.map((alpha, i) =>
          weigh({
            name: `Gauss–Newton trace, α = ${alpha}`,
            measured: traces[i],
            law: equals(law(alpha)),
            rival: equals(t1 + t2),
            allowed: 1e-12 * law(alpha),
          }),
        ),
        weigh({
          name: "Gauss–Newton trace, α⁴ = t₁/t₂",
          measured: least,
          law: equals(2 * Math.sqrt(t1 * t2)),
          rival: equals(t1 + t2),
          allowed: 1e-12 * least,
        }),
        ...BESIDE.map((factor, i) =>
          weigh({
            name: `Gauss–Newton trace at ${factor} times that α, over the trace at it`,
            measured: beside[i] / least,
            law: equals((factor ** 2 + factor ** -2) / 2),
            rival: equals(1),
            allowed: 1e-12,
          }),
        ),
        ...SCALES.map((alpha, i) =>
          weigh({
            name: `largest change of an output, α = ${alpha}`,
            measured: changes[i],
            law: equals(0),
            rival: equals(0),
            allowed: 1e-12,
          }),
        ),
      ],
      picture: {
        title: "One function, and as sharp as one likes",
        description: "Trace of the Gauss–Newton matrix of (αW₁, W₂/α), which is the same function for every α.",
        x: { title: "α", scale: "log" },
        y: { title: "trace", scale: "log" },
        law: [{ name: "t₁/α² + α²t₂", x: fine, y: fine.map(law) }],
        rival: [{ name: "of the function", x: [0.4, 6], y: [t1 + t2, t1 + t2] }],
        measured: [{ name: "", x: [...SCALES, (t1 / t2) ** 0.25], y: [...traces, least] }],
      },
    };
  },
  network: {
    measures:
      "the trace of the Gauss–Newton matrix, from random signs, where units are scaled up and the weights behind them down",
    measure: ({ problem }, desk) => rescaledTrace(problem, desk),
  },
});
