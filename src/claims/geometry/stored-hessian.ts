import { z } from "zod";
import { encodeNpy } from "../../files/npy-writer.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

const PETABYTE = 1e15;
/** Sizes of matrices that are written; three tell a polynomial of second degree. */
const WRITTEN = [200, 400, 800];
/** Parameters of networks, the one first of which the sentence is true. */
const NETWORKS = [
  { n: 1.58e7, shown: "1.58·10⁷" },
  { n: 1e7, shown: "10⁷" },
  { n: 1e8, shown: "10⁸" },
];
/** What "about" bears, in PB. */
const ABOUT = 0.01;

const law = (n: number) => (4 * n * n) / PETABYTE;

/** The polynomial of second degree through three points, at another place (Newton's divided differences). */
function through(x: readonly number[], y: readonly number[]): (at: number) => number {
  const first = (y[1] - y[0]) / (x[1] - x[0]);
  const second = ((y[2] - y[1]) / (x[2] - x[1]) - first) / (x[2] - x[0]);
  return (at) => y[0] + (at - x[0]) * (first + (at - x[1]) * second);
}

/** Where a function that grows reaches a value, by bisection. */
function whereIs(value: number, f: (n: number) => number): number {
  let [low, high] = [1, 1e12];
  while (high - low > 1e-3) {
    const middle = (low + high) / 2;
    if (f(middle) < value) low = middle;
    else high = middle;
  }
  return low;
}

export const storedHessian = defineClaim({
  id: "A10",
  topic: "geometry",
  statement: "To store the Hessian of a network takes about a petabyte.",
  says: "rival",
  law: "4n² bytes in float32: 1 PB at n = 1.58·10⁷ parameters, 0.4 PB at 10⁷, 40 PB at 10⁸",
  rival: "1 PB, whichever network it is",
  condition: "n = 1.58·10⁷ parameters, in float32, every entry kept",
  source: "counting n² numbers of four bytes, the binary32 of IEEE 754-1985",
  why: "It is a figure that one remembers, for networks that were large when it was worked out.",
  means:
    "Ten times the parameters take a hundred times the memory. Products with vectors need no matrix, and up to some thousand parameters it fits anywhere.",
  breaks:
    "Symmetry saves one half, float64 takes twice as much; blocks of layers, Kronecker factors and a few eigenvectors are far smaller.",
  reading: ["Goodfellow, Bengio & Courville, Deep Learning (2016), section 8.6"],
  parameters: z.object({}),
  found: z.object({ bytes: z.array(z.number()).describe("Of files that hold an n × n matrix.") }),
  measure: () => ({
    bytes: WRITTEN.map((n) => encodeNpy({ dtype: "float32", shape: [n, n], data: new Float32Array(n * n) }).byteLength),
  }),
  conclude([{ bytes }]) {
    const size = through(WRITTEN, bytes);
    const many = Array.from({ length: 25 }, (_, i) => 10 ** (2 + i / 4));
    const drawn = [...WRITTEN, ...NETWORKS.map(({ n }) => n).toSorted((a, b) => a - b)];
    return {
      evidence: [
        ...NETWORKS.map(({ n, shown }) =>
          weigh({
            name: `PB of a Hessian in float32, n = ${shown}, from the size of files of smaller ones`,
            measured: size(n) / PETABYTE,
            law: equals(law(n)),
            rival: equals(1),
            allowed: ABOUT,
          }),
        ),
        weigh({
          name: "parameters at which it is 1 PB, over 10⁷",
          measured: whereIs(PETABYTE, size) / 1e7,
          law: equals(1.58),
          allowed: 0.005,
        }),
      ],
      picture: {
        title: "What a Hessian takes",
        description:
          "Bytes of an n × n matrix in float32 against n: files of the smaller ones, and what the polynomial through their sizes makes of the larger ones.",
        x: { title: "parameters", scale: "log" },
        y: { title: "bytes", scale: "log" },
        law: [{ name: "4n²", x: many, y: many.map((n) => law(n) * PETABYTE) }],
        rival: [{ name: "1 PB", x: [100, 1e8], y: [PETABYTE, PETABYTE] }],
        measured: [{ name: "", x: drawn, y: drawn.map(size) }],
      },
    };
  },
});
