// How the time and memory of a Hessian product grow with examples and parameters; one JSON line.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNpz } from "../dist/files/npz.js";
import { exponent } from "./statistics.mjs";

const EXAMPLES = [1000, 2000, 4000, 8000, 16_000, 32_000];
const WIDTHS = [128, 256, 512, 1024];
const folder = fileURLToPath(new URL("../.bench/scaling", import.meta.url));
mkdirSync(folder, { recursive: true });

const dataOf = (examples) => {
  const file = join(folder, `random-${examples}.npz`);
  const x = Float32Array.from({ length: examples * 784 }, (_, i) => Math.sin(i * 78.233));
  const y = Float64Array.from({ length: examples }, (_, i) => (i * 7) % 10);
  writeFileSync(
    file,
    encodeNpz([
      ["x", { dtype: "float32", shape: [examples, 784], data: x }],
      ["y", { dtype: "int64", shape: [examples], data: y }],
    ]),
  );
  return file;
};
const point = (file, hidden, mode) =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [fileURLToPath(new URL("scaling-point.mjs", import.meta.url)), file, String(hidden), mode],
      { encoding: "utf8" },
    ),
  );

const files = EXAMPLES.map(dataOf);
const streamed = files.map((file) => point(file, 256, "streamed"));
const kept = files.map((file) => point(file, 256, "kept"));
const parameters = WIDTHS.map((width) => point(dataOf(2000), width, "kept"));
const slope = (points, x, y) =>
  exponent(
    points.map((each) => each[x]),
    points.map((each) => each[y]),
  );
console.log(
  JSON.stringify({
    streamed,
    kept,
    parameters,
    timeExponentInExamples: slope(streamed, "examples", "productMs"),
    memoryExponentInExamples: slope(streamed, "examples", "peakMegabytes"),
    timeExponentInExamplesKept: slope(kept, "examples", "productMs"),
    memoryExponentInExamplesKept: slope(kept, "examples", "peakMegabytes"),
    timeExponentInParameters: slope(parameters, "parameters", "productMs"),
    memoryExponentInParameters: slope(parameters, "parameters", "peakMegabytes"),
  }),
);
