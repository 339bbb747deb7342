import { z } from "zod";
import { about, aside, counted } from "../../result/known.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, real } from "../../result/real.ts";

const unitNumbers = z.object({
  name: z.string(),
  activation: z.string(),
  units: aside(count),
  applications: aside(count).describe(
    "How often the network applies these units: the time steps of a recurrence, the branches of shared weights.",
  ),
  dead: about(count, { title: "Dead units" })
    .nullable()
    .describe("Units that are 0 on every example; null where the activation has no dead region."),
  alwaysActive: about(count, { title: "Units that are always active" })
    .nullable()
    .describe("Units that never leave the linear side: they act as linear units on this data."),
  saturated: about(count, { title: "Saturated units" })
    .nullable()
    .describe("Units within 1 % of a bound on every example."),
  constant: about(count, { title: "Constant units" }).describe("Units whose value does not vary over the data."),
  duplicates: about(count, { title: "Duplicate units" })
    .nullable()
    .describe(
      "Units that equal an earlier unit up to a positive factor on every example; null where they were not compared.",
    ),
  meanActiveShare: about(real, { title: "Mean share of active units" }).nullable(),
  statistics: arrayReference.describe(
    "[units, 4]: mean, standard deviation, share active (or saturated), largest |value|.",
  ),
});

const unitLayer = about(unitNumbers, {
  members: ({ dead, alwaysActive, saturated, constant, duplicates, meanActiveShare }) =>
    Object.fromEntries(
      Object.entries({ dead, alwaysActive, saturated, constant, duplicates, meanActiveShare }).flatMap(([key, value]) =>
        value === null ? [] : [[key, counted(value)]],
      ),
    ),
});

/** The units behind each activation. */
export const unitsPart = { units: z.array(unitLayer).nullable() };

export type UnitLayerPart = z.output<typeof unitLayer>;
