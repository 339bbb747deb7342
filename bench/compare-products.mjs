// node bench/compare-products.mjs FOLDER NETWORK [RUNS]: one network against PyTorch; one JSON line.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { gaussNewtonProduct, hessianProduct } from "../dist/problem/products.js";
import { openNetwork, readVector } from "./open-network.mjs";
import { median } from "./statistics.mjs";
import { torchServer } from "./torch-server.mjs";

const [folder, network, runsArgument = "12"] = process.argv.slice(2);
const runs = Number(runsArgument);
const WARMUP = 3;
const BLOCK = 8;

// Room for the data alone: every product computes everything, as the full double backward does.
const plain = openNetwork(folder, { cacheBytes: 4 * 2 ** 20 });
const kept = openNetwork(folder, { cacheBytes: 1024 * 2 ** 20 });
const v = readVector(folder, "v.npz", plain.space);
const oracle = readVector(folder, "hv.npz", plain.space);
const block = Array.from({ length: BLOCK }, (_, k) => v.map((x, i) => (k === 0 ? x : x * Math.cos(k * (i + 1)))));

const clocked = async (work, share = 1) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / share;
};
const blas = {};
for (const name of ["openmp", "pthread"]) blas[name] = await torchServer(network, name);

// PyTorch's measure beside ours; the quotient of the medians is the speed-up.
const pairs = {
  gradient: ["gradient", () => clocked(() => plain.gradient())],
  hessianVector: ["hvp", () => clocked(() => plain.product(hessianProduct, [v]))],
  hessianVectorKept: ["hvp-kept", () => clocked(() => kept.product(hessianProduct, block), BLOCK)],
  gaussNewtonVector: ["ggn-forward", () => clocked(() => kept.product(gaussNewtonProduct, [v]))],
};
const times = {};
for (const [name, [torchName, ours]] of Object.entries(pairs)) {
  times[name] = { thalweg: [], openmp: [], pthread: [] };
  for (let run = -WARMUP; run < runs; run++) {
    const row = {
      openmp: await blas.openmp.measure(torchName),
      thalweg: await ours(),
      pthread: await blas.pthread.measure(torchName),
    };
    if (run >= 0) for (const [side, ms] of Object.entries(row)) times[name][side].push(ms);
  }
}

const product = (await plain.product(hessianProduct, [v]))[0];
const length = (vector) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
const error = length(product.map((x, i) => x - oracle[i])) / length(oracle);
const measures = Object.fromEntries(
  Object.entries(times).map(([name, sides]) => {
    const medians = { openmp: median(sides.openmp), pthread: median(sides.pthread) };
    const faster = medians.openmp <= medians.pthread ? "openmp" : "pthread";
    const thalwegMs = median(sides.thalweg);
    const ratio = medians[faster] / thalwegMs;
    return [name, { thalwegMs, torchMs: medians[faster], blas: faster, ratio, minima: [Math.min(...sides.thalweg), Math.min(...sides[faster])] }];
  }),
);
for (const server of Object.values(blas)) server.close();

/** Peak memory of processes that do nothing else, in each mode. */
const memory = async (mode, torchMeasure) => {
  const script = fileURLToPath(new URL("memory-point.mjs", import.meta.url));
  const ours = Number(execFileSync(process.execPath, [script, folder, mode], { encoding: "utf8" }));
  const server = await torchServer(network, "openmp");
  for (let run = 0; run < 5; run++) await server.measure(torchMeasure);
  const torch = await server.peakMegabytes();
  server.close();
  return { thalweg: ours, torch };
};
const peakMegabytes = { plain: await memory("plain", "hvp"), kept: await memory("kept", "hvp-kept") };
console.log(
  JSON.stringify({
    network,
    parameters: plain.space.dimension,
    examples: plain.examples,
    runs,
    hessianVectorError: error,
    measures,
    peakMegabytes,
  }),
);
