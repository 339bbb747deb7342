import { z } from "zod";
import { about, aside, counted } from "../result/known.ts";
import { count } from "../result/real.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { FOLDER_ON_DEMAND } from "../runs/output.ts";
import { listed, listedClaim } from "./claim/claim-result.ts";
import { choiceOptions, chosenClaims } from "./claim/chosen-claims.ts";
import { TOPICS } from "./topics.ts";

export const claims = defineExperiment({
  name: "claims",
  summary: "the statements of deep-learning theory that can be put to the test here",
  document: "claims",
  result: z.object({
    count: about(count, { title: "Claims", known: counted }),
    claims: aside(z.array(listedClaim)),
  }),
  subject: "none",
  arguments: [],
  examples: [
    ["thalweg claims --topic saddles", "those about saddles"],
    ["thalweg claims --search eigenvalue", "those that speak of eigenvalues"],
  ],
  parameters: choiceOptions,
  writes: FOLDER_ON_DEMAND,
  measure(_subject, options) {
    const found = chosenClaims(options).map(listed);
    return Promise.resolve({ result: { count: found.length, claims: found }, converged: true });
  },
  show: ({ claims: all }) =>
    TOPICS.flatMap(({ name, title }) => {
      const mine = all.filter(({ topic }) => topic === name);
      if (mine.length === 0) return [];
      return [
        {
          title,
          caveats: [],
          text: [],
          readings: mine.map(({ id, statement, source, network }) => ({
            label: id,
            value: statement,
            note: `${source}${network === null ? "" : "; on your network, too"}`,
          })),
          table: null,
        },
      ];
    }),
});
