import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { goe } from "./goe.ts";

export const halfNegative = defineClaim({
  id: "B5",
  topic: "random-matrices",
  statement: "Half of the eigenvalues of a random symmetric matrix are negative.",
  says: "law",
  law: "of the GOE the number of negative eigenvalues has the mean n/2 and a variance of (ln n)/π² + O(1) only: below 1.5 at n = 200",
  rival: "independent signs: the same mean, the variance n/4",
  source: "Cavagna, Garrahan & Giardina 2000; Majumdar, Nadal, Scardicchio & Vivo 2009",
  why: "H and −H are equally likely, so that the mean is n/2 by symmetry.",
  means:
    "It is half to within one or two of them in every single draw, however large the matrix: a share that is off by a percent is no chance.",
  breaks: "Any shift of the spectrum moves the share at once (B6, B7), as does added curvature of some rank (B3).",
  reading: [
    "Cavagna, Garrahan & Giardina, Phys. Rev. B 61, 3960 (2000)",
    "Majumdar, Nadal, Scardicchio & Vivo, Phys. Rev. Lett. 103, 220603 (2009)",
  ],
  parameters: z.object({
    n: z.int().min(20).max(2000).default(200).describe("rows"),
    draws: scaled(3000, 150, "matrices"),
  }),
  found: z.array(z.number()),
  measure: ({ n, draws }, _part, { random }) =>
    Array.from(
      { length: draws },
      () => symmetricEigen(goe(n, random), n, false).values.filter((value) => value < 0).length,
    ),
  conclude([counts], { n }) {
    const { value, standardError } = sampleMean(Float64Array.from(counts));
    const variance = sampleMean(Float64Array.from(counts, (count) => (count - n / 2) ** 2));
    const around = Array.from({ length: 31 }, (_, i) => Math.round(n / 2) - 15 + i);
    const normal = (x: number, spread: number) =>
      Math.exp(-((x - n / 2) ** 2) / (2 * spread)) / Math.sqrt(2 * Math.PI * spread);
    const share = around.map((at) => counts.filter((count) => count === at).length / counts.length);
    return {
      evidence: [
        weigh({
          name: `variance of the number of negative eigenvalues, n = ${n}`,
          measured: variance.value,
          standardError: variance.standardError,
          law: atMost(1.5),
          rival: equals(n / 4),
        }),
        weigh({
          name: "mean of their number",
          measured: value,
          standardError,
          law: equals(n / 2),
          allowed: 0.2,
        }),
      ],
      picture: {
        title: `Negative eigenvalues of ${counts.length} random symmetric matrices of ${n} rows`,
        description:
          "How often how many eigenvalues were negative; the law is drawn as a normal one of the largest variance it allows.",
        x: { title: "negative eigenvalues" },
        y: { title: "share of the matrices" },
        law: [{ name: "variance 1.5", x: around, y: around.map((x) => normal(x, 1.5)) }],
        rival: [{ name: "independent signs", x: around, y: around.map((x) => normal(x, n / 4)) }],
        measured: [
          {
            name: "",
            x: around,
            y: share,
            error: share.map((p) => Math.sqrt((p * (1 - p)) / counts.length)),
          },
        ],
      },
    };
  },
});
