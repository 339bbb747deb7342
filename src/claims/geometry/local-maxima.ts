import { z } from "zod";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { concludeOneSign, PARTS, sampleOneSign } from "./one-sign.ts";

export const localMaxima = defineClaim({
  id: "A9",
  topic: "geometry",
  statement: "Local maxima are extremely rare.",
  says: "law",
  law: "P(all n eigenvalues negative) is P(all positive), as −H is as likely as H: of the GOE (2 − √2)/4 for n = 2, (π − 2√2)/4π for n = 3, and −ln P → ¼ ln 3 · n²",
  rival: "a maximum is as rare as n coins that all show tails: P = 2⁻ⁿ, −ln P = n ln 2",
  source: "Dean & Majumdar 2006",
  why: "A maximum needs every curvature to be negative, and there are many.",
  means:
    "Among the critical points of a random surface a maximum is as rare as a minimum, and both are rarer than any exponential; training, which goes down, meets none.",
  breaks:
    "A loss is no random surface: where it is convex in the outputs, the Gauss–Newton part has no negative curvature, and a maximum needs the rest of the Hessian to outweigh it in every direction.",
  reading: ["Dean & Majumdar, Phys. Rev. Lett. 97, 160201 (2006)"],
  parameters: z.object({
    draws: scaled(400_000, 20_000, "matrices of each size"),
  }),
  parts: () => PARTS,
  found: z.object({ n: z.number(), value: z.number(), standardError: z.number() }),
  measure: ({ draws }, part, { random }) => sampleOneSign("negative", part, draws, random),
  conclude: (found) => concludeOneSign("negative", found),
});
