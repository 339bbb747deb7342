import { z } from "zod";
import { defineExperiment } from "../runs/experiment.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type AskedClaim, askedClaim } from "./claim-of.ts";
import { predictionBesideMeasurement } from "./claim/claim-figures.ts";
import { claimResult, judged } from "./claim/claim-result.ts";
import { claimSections } from "./claim/claim-sections.ts";
import { claimOnNetwork, claimPart, judgedParts, partsOf } from "./claim/measure-claim.ts";
import { scale } from "./claim/scale.ts";
import { CLAIMS } from "./registry.ts";

const parameters = z.object({
  claim: z.string().meta({ description: "which", group: "Claim" }),
  scale,
});

export const claim = defineExperiment({
  name: "claim",
  summary: "a statement of deep-learning theory, put to the test: prediction beside measurement, and a verdict",
  description:
    "Measure what a statement says, beside the law that holds: the verdict is that it holds, that it holds under a condition that is usually left out, that it fails as said, or that the numbers do not decide. Where it is about networks, --model puts it to your own.\nA claim takes its numbers after colons, in order or by name: B1:n=300. `thalweg claims` lists them.",
  document: "claim",
  result: claimResult,
  figures: [predictionBesideMeasurement],
  show: claimSections,
  heading: ({ id, statement }) => `${id}. ${statement}`,
  subject: "network",
  arguments: [
    { name: "CLAIM", description: "its letter and number (`thalweg claims`)", required: true, option: "claim" },
  ],
  examples: [
    ["thalweg claim A7", "are the signs of curvatures coin flips?"],
    ["thalweg claim B1 --scale 10 --executor workers:2", "with ten times as many draws"],
  ],
  parameters,
  tasks: [claimPart, claimOnNetwork],
  isRandom: true,
  validate(options) {
    const one = asked(options);
    if (options["model"] !== undefined) requireNetworkClaim(one);
  },
  async measure({ network }, options, desk) {
    const one = asked(options);
    if (network === undefined) {
      const result = judgedParts(one, await desk.tasks(claimPart, partsOf(one)));
      return { result, converged: true };
    }
    requireNetworkClaim(one);
    const [concluded] = await desk.tasks(claimOnNetwork, [{ id: one.claim.id }]);
    const setting = { concluded, onNetwork: true, options: one.options, scale: one.scale, parts: 1 };
    return { result: judged(one.claim, setting), converged: true };
  },
});

function asked(options: object): AskedClaim {
  const { claim: text, scale: factor } = parameters.parse(options);
  return askedClaim(text, factor);
}

/** @throws usage error `no-network-claim` where a claim is about no network */
function requireNetworkClaim({ claim: { id, network, notOnNetworks } }: AskedClaim): void {
  if (network !== undefined) return;
  const others = CLAIMS.filter((each) => each.network !== undefined).map((each) => each.id);
  throw new ThalwegError({
    kind: "usage",
    code: "no-network-claim",
    message: `${id} cannot be put to a network: it ${notOnNetworks ?? "is about none"}.`,
    hint: `Leave --model away. Those that can: ${others.join(", ")}.`,
  });
}
