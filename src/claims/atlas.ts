import { choiceOptions, chosenClaims } from "./claim/chosen-claims.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { atlasResult } from "./atlas/atlas-result.ts";
import { atlasSections, pageOf } from "./atlas/atlas-sections.ts";
import { claim } from "./claim.ts";
import { VERDICTS } from "./claim/judge.ts";
import { claimPart, judgedParts, partsOf } from "./claim/measure-claim.ts";
import { scale } from "./claim/scale.ts";

export const atlas = defineExperiment({
  name: "atlas",
  summary: "every claim, measured: an index of verdicts, and a page for each",
  description:
    "Put all claims to the test, or those of a topic: prediction beside measurement, and a verdict that follows from the numbers. What is measured is kept as it goes, so that --resume goes on.",
  document: "atlas",
  result: atlasResult,
  show: atlasSections,
  heading: () => "An atlas of claims",
  pages: ({ claims }) => claims.map((each) => ({ file: pageOf(each), of: claim.document, result: each })),
  subject: "none",
  arguments: [],
  examples: [
    ["thalweg atlas -o atlas", "all of them"],
    ["thalweg atlas --topic saddles --scale 0.1 -o saddles", "those about saddles, with a tenth of the draws"],
  ],
  parameters: choiceOptions.extend({ scale }),
  tasks: [claimPart],
  isRandom: true,
  async measure(_subject, options, desk) {
    const all = chosenClaims(options).map((each) => ({
      claim: each,
      options: each.optionsAt(options.scale, {}),
      scale: options.scale,
    }));
    const inputs = all.map(partsOf);
    const found = await desk.tasks(claimPart, inputs.flat());
    let next = 0;
    const claims = all.map((each, i) => judgedParts(each, found.slice(next, (next += inputs[i].length))));
    return {
      result: {
        verdicts: VERDICTS.flatMap((verdict) => {
          const count = claims.filter((each) => each.verdict === verdict).length;
          return count === 0 ? [] : [{ verdict, claims: count }];
        }),
        claims,
      },
      converged: true,
    };
  },
});
