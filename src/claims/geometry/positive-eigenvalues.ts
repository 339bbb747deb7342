import { z } from "zod";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { concludeOneSign, PARTS, sampleOneSign } from "./one-sign.ts";

export const positiveEigenvalues = defineClaim({
  id: "A7",
  topic: "geometry",
  statement:
    "Each curvature is positive or negative like a coin flip, so that a critical point is a minimum with probability 2⁻ⁿ.",
  says: "rival",
  law: "eigenvalues repel each other: of the GOE P = (2 − √2)/4 for n = 2, (π − 2√2)/4π for n = 3, and −ln P → ¼ ln 3 · n²",
  rival: "P = 2⁻ⁿ, −ln P = n ln 2",
  source: "Dean & Majumdar 2006",
  why: "The sign of one eigenvalue of a random symmetric matrix is a fair coin, and one multiplies as if the others did not know of it.",
  means:
    "Minima among the critical points of a random surface are rarer than any exponential: their logarithm falls with the square of the dimension.",
  breaks:
    "The Hessians of networks are no draws of the GOE: at low loss the Gauss–Newton part shifts them to positive eigenvalues (claims B3, B13).",
  reading: ["Dean & Majumdar, Phys. Rev. Lett. 97, 160201 (2006)"],
  parameters: z.object({
    draws: scaled(400_000, 20_000, "matrices of each size"),
  }),
  parts: () => PARTS,
  found: z.object({ n: z.number(), value: z.number(), standardError: z.number() }),
  measure: ({ draws }, part, { random }) => sampleOneSign("positive", part, draws, random),
  conclude: (found) => concludeOneSign("positive", found),
});
