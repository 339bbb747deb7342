import { z } from "zod";
import { count } from "./real.ts";

const port = z.object({ name: z.string(), dtype: z.string(), shape: z.array(count) });

export const exportResult = z.object({
  derivative: z.string().describe("What the file computes, by name: gradient, hessian-vector, …"),
  output: z.string().describe("The .onnx file written."),
  description: z.string().describe("The file's own description of its inputs and outputs."),
  inputs: z.array(port),
  outputs: z.array(port),
  nodes: count,
  bytes: count,
});
