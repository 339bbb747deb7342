// node bench/compare-products.mjs FOLDER NETWORK [RUNS]: one network against PyTorch; one JSON line.
import { ourMeasures } from "./our-measures.mjs";
import { median } from "./statistics.mjs";
import { torchServer } from "./torch-server.mjs";

const [folder, network, runsArgument = "12"] = process.argv.slice(2);
const runs = Number(runsArgument);
const WARMUP = 5;

const ours = await ourMeasures(folder);

const clocked = async ({ run, vectors }) => {
  const start = performance.now();
  await run();
  return (performance.now() - start) / vectors;
};

// PyTorch's measure beside ours; the quotient of the medians is the speed-up.
const beside = {
  gradient: "gradient",
  hessianVector: "hvp",
  hessianVectorKept: "hvp-kept",
  gaussNewtonVector: "ggn-forward",
};
const torchNames = Object.values(beside);

/** The OpenBLAS build on which PyTorch is faster here: geometric mean over the measures, each build alone on the machine. */
const speed = async (build) => {
  const server = await torchServer(network, build);
  let sum = 0;
  for (const name of torchNames) {
    const ms = [];
    for (let run = -1; run < 4; run++) ms.push(await server.measure(name));
    sum += Math.log(median(ms.slice(1)));
  }
  server.close();
  return sum;
};
const builds = { openmp: await speed("openmp"), pthread: await speed("pthread") };
const faster = builds.openmp <= builds.pthread ? "openmp" : "pthread";

const times = {};
const torch = await torchServer(network, faster);
for (const [name, torchName] of Object.entries(beside)) {
  times[name] = { thalweg: [], torch: [] };
  for (let run = -WARMUP; run < runs; run++) {
    const row = { torch: await torch.measure(torchName), thalweg: await clocked(ours.measures[name]) };
    if (run >= 0) for (const [side, ms] of Object.entries(row)) times[name][side].push(ms);
  }
}
torch.close();

const measures = Object.fromEntries(
  Object.entries(times).map(([name, sides]) => {
    const [thalwegMs, torchMs] = [median(sides.thalweg), median(sides.torch)];
    const minima = [Math.min(...sides.thalweg), Math.min(...sides.torch)];
    return [name, { thalwegMs, torchMs, ratio: torchMs / thalwegMs, minima }];
  }),
);
console.log(
  JSON.stringify({
    network,
    parameters: ours.parameters,
    examples: ours.examples,
    runs,
    hessianVectorError: await ours.hessianVectorError(),
    blas: faster,
    measures,
  }),
);
