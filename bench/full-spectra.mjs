// node bench/full-spectra.mjs [CASE …]: the whole Hessian spectrum of each reference case by Lanczos to the end,
// in float64, against PyTorch's dense eigenvalues. Minutes; one JSON line a case.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bytesSource } from "../dist/files/byte-source.js";
import { readNpz } from "../dist/files/npz.js";
import { hessian, lanczos, load } from "../dist/index.js";

const CASES = ["softplus-wine-f64", "lenet-digits", "mlp-tanh-digits", "resnet8-digits"];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : CASES;
for (const name of chosen) {
  const folder = fileURLToPath(new URL(`../test/reference/${name}/`, import.meta.url));
  const expected = JSON.parse(readFileSync(`${folder}expected.json`, "utf8"));
  const problem = await load(`${folder}model.onnx`, {
    data: `${folder}data.npz`,
    precision: "float64",
    loss: expected.loss_kind,
  });
  const truth = readNpz(bytesSource("spectrum.npz", readFileSync(`${folder}spectrum.npz`)))
    .get("eigenvalues")
    .read().data;
  const start = performance.now();
  const { values, products } = await lanczos(hessian(problem), { steps: problem.space.dimension });
  const ascending = Float64Array.from(values).sort();
  const scale = Math.max(...[truth[0], truth.at(-1)].map(Math.abs));
  const error = ascending.reduce((most, value, i) => Math.max(most, Math.abs(value - truth[i])), 0);
  console.log(
    JSON.stringify({
      case: name,
      dimension: problem.space.dimension,
      eigenvalues: ascending.length,
      errorRelativeToLargest: error / scale,
      products,
      seconds: (performance.now() - start) / 1000,
    }),
  );
  await problem.close();
}
