import { z } from "zod";
import { count, real } from "./real.ts";

const tensorType = z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.union([count, z.string()])) });

export const inspectResult = z.object({
  format: z.object({ opset: count, producer: z.string(), irVersion: count.nullable() }),
  inputs: z.array(tensorType),
  outputs: z.array(tensorType),
  operators: z.array(z.object({ name: z.string(), count, supported: z.boolean() })),
  initializers: z.array(
    z.object({
      name: z.string(),
      label: z
        .string()
        .nullable()
        .default(null)
        .describe("The name under which it is shown, where the exporter made up the one in the file."),
      dtype: z.string(),
      shape: z.array(count),
      role: z.string().describe("parameter, statistic, constant, mask, …"),
      reason: z.string().describe("Why it was given this role."),
      selected: z.boolean(),
      open: z
        .boolean()
        .nullable()
        .default(null)
        .describe(
          "The file does not say whether it was trained: held constant though it could have been, or counted though nothing says so.",
        ),
    }),
  ),
  parameters: count,
  notices: z.array(z.string()).describe("What was recognised in the file, in sentences."),
  differentiable: z.boolean(),
  remarks: z
    .array(z.string())
    .nullable()
    .default(null)
    .describe("What was done to it when it was read, what is held constant, where it has no derivative."),
  stopped: z
    .array(z.string())
    .nullable()
    .default(null)
    .describe("Nodes through which no derivative goes, though what they compute is not constant."),
  cost: z
    .object({
      multiplyAdds: real.describe("Of matrix products and convolutions, an example, forward."),
      exampleBytes: real.describe("Values of a forward pass, an example."),
      vectorBytes: count.describe("A vector in parameter space."),
    })
    .nullable()
    .default(null)
    .describe("null where the graph cannot be read."),
});

export type InspectResult = z.output<typeof inspectResult>;
