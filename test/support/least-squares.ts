import { writeFileSync } from "node:fs";
import { type commandLine, floats } from "./command-line.ts";
import { modelBytes, tensorProto, valueInfo } from "./onnx-model.ts";

/** Numbers that repeat for nobody to see. */
export const wave = (i: number) => Math.sin(3.7 * i + 0.3);

/** A linear model of 12 parameters with 40 examples of two outputs: its loss is a quadratic. What a verb takes for it. */
export function leastSquares(
  { at, npz }: Pick<ReturnType<typeof commandLine>, "at" | "npz">,
  precision: "float" | "double",
): string[] {
  writeFileSync(
    at(`${precision}.onnx`),
    modelBytes({
      opset: 17,
      inputs: [valueInfo("x", precision, ["N", 5])],
      outputs: [valueInfo("y", precision, ["N", 2])],
      nodes: [{ op: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] }],
      initializers: [
        tensorProto(
          "w",
          precision,
          [5, 2],
          Array.from({ length: 10 }, (_, i) => wave(i)),
        ),
        tensorProto("b", precision, [2], [0.1, -0.2]),
      ],
    }),
  );
  const data = npz("line.npz", { x: floats([40, 5], (i) => wave(i + 7)), y: floats([40, 2], (i) => wave(2 * i + 1)) });
  return [at(`${precision}.onnx`), "--data", data, "--loss", "mse"];
}
