import { z } from "zod";
import { defineStartKind } from "./start-kind.ts";

export const along = defineStartKind({
  name: "along",
  summary: "the weights in the files of --along, one after the other: checkpoints of a training",
  parameters: z.object({}),
  fromFiles: true,
  start: (_options, site, index) => site.along[index].slice(),
});
