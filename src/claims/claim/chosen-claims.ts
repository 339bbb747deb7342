import { z } from "zod";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { CLAIMS } from "../registry.ts";
import { TOPICS } from "../topics.ts";
import type { Claim } from "./define-claim.ts";

/** Which claims are meant. */
export const choiceOptions = z.object({
  topic: z
    .enum(TOPICS.map(({ name }) => name))
    .optional()
    .meta({ description: "those of one topic", group: "Claims" }),
  search: z.string().optional().meta({ description: "those that speak of it", placeholder: "TEXT", group: "Claims" }),
  networks: z
    .boolean()
    .default(false)
    .meta({ description: "those that can be put to your own network", group: "Claims" }),
});

/**
 * The claims that are meant, in the order of the atlas.
 *
 * @throws usage error `no-claim` where there is none
 */
export function chosenClaims({ topic, search, networks }: z.output<typeof choiceOptions>): Claim[] {
  const wanted = search?.toLowerCase();
  const found = CLAIMS.filter(
    (each) =>
      (topic === undefined || each.topic === topic) &&
      (!networks || each.network !== undefined) &&
      (wanted === undefined || textOf(each).includes(wanted)),
  );
  if (found.length > 0) return found;
  throw new ThalwegError({
    kind: "usage",
    code: "no-claim",
    message: `No claim ${wanted === undefined ? "is" : `speaks of "${search ?? ""}" and is`} of that kind.`,
    hint: "`thalweg claims` lists all.",
  });
}

function textOf({ id, statement, law, rival, source, condition = "" }: Claim): string {
  return [id, statement, law, rival, source, condition].join(" ").toLowerCase();
}
