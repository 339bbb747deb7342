import { z } from "zod";
import { real } from "../../result/real.ts";

const axis = z.object({ title: z.string(), scale: z.enum(["linear", "log"]).default("linear") });

const curve = z.object({
  name: z.string().describe("Which of several; empty of one."),
  x: z.array(real),
  y: z.array(real),
});

/** Prediction and measurement in one drawing: numbers alone, which whoever shows them draws. */
export const picture = z.object({
  title: z.string(),
  description: z.string().describe("What is drawn and how to read it."),
  x: axis,
  y: axis,
  law: z.array(curve),
  rival: z.array(curve),
  measured: z.array(
    curve.extend({
      error: z.array(real).nullable().default(null).describe("One standard error to each side."),
      as: z.enum(["points", "line", "steps"]).default("points"),
    }),
  ),
});

export type Picture = z.output<typeof picture>;
export type PictureInput = z.input<typeof picture>;
