// node bench/compare-products.mjs FOLDER NETWORK [RUNS]: one network against PyTorch; one JSON line.
import { gaussNewtonProduct, hessianProduct } from "../dist/problem/derivatives.js";
import { openNetwork, readVector } from "./open-network.mjs";
import { median } from "./statistics.mjs";
import { torchServer } from "./torch-server.mjs";

const [folder, network, runsArgument = "12"] = process.argv.slice(2);
const runs = Number(runsArgument);
const WARMUP = 5;
const BLOCK = 8;

// Room for the data alone: every product computes everything, as the full double backward does.
const plain = await openNetwork(folder, { cacheBytes: 4 * 2 ** 20 });
const kept = await openNetwork(folder, { cacheBytes: 1024 * 2 ** 20 });
const v = readVector(folder, "v.npz", plain.space);
const oracle = readVector(folder, "hv.npz", plain.space);
const block = Array.from({ length: BLOCK }, (_, k) => v.map((x, i) => (k === 0 ? x : x * Math.cos(k * (i + 1)))));

const clocked = async (work, share = 1) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / share;
};

// PyTorch's measure beside ours; the quotient of the medians is the speed-up.
const pairs = {
  gradient: ["gradient", () => clocked(() => plain.point.gradient())],
  hessianVector: ["hvp", () => clocked(() => plain.point.product(hessianProduct, [v]))],
  hessianVectorKept: ["hvp-kept", () => clocked(() => kept.point.product(hessianProduct, block), BLOCK)],
  gaussNewtonVector: ["ggn-forward", () => clocked(() => kept.point.product(gaussNewtonProduct, [v]))],
};
const torchNames = Object.values(pairs).map(([name]) => name);

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
for (const [name, [torchName, ours]] of Object.entries(pairs)) {
  times[name] = { thalweg: [], torch: [] };
  for (let run = -WARMUP; run < runs; run++) {
    const row = { torch: await torch.measure(torchName), thalweg: await ours() };
    if (run >= 0) for (const [side, ms] of Object.entries(row)) times[name][side].push(ms);
  }
}
torch.close();

const product = (await plain.point.product(hessianProduct, [v]))[0];
const length = (vector) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
const error = length(product.map((x, i) => x - oracle[i])) / length(oracle);
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
    parameters: plain.space.dimension,
    examples: plain.point.examples,
    runs,
    hessianVectorError: error,
    blas: faster,
    measures,
  }),
);
