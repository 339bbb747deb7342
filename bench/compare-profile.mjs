// node bench/compare-profile.mjs MODELS [PAIRS]: the whole command against a PyTorch script; one JSON line.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.mjs";

const [models, pairs = "3"] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = join(models, "mlp-10k");
const run = (command, args) => {
  const start = performance.now();
  const output = execFileSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return { seconds: (performance.now() - start) / 1000, result: JSON.parse(output) };
};

/** Top 5, bottom 3, trace to 2 %, density of 80 steps × 4 probes; checks, report-ready JSON and start-up included. */
const thalweg = () =>
  run(process.execPath, [
    here("../dist/cli/main.js"),
    "profile",
    join(folder, "model.onnx"),
    "--data",
    join(folder, "data.npz"),
    "--json",
    "--only",
    "loss,eigenvalues,trace,spectrum",
    "--threads",
    "2",
  ]);
/** PyTorch with as many products of each kind. */
const torch = (mode, { eigenvalues, trace, steps, probes }) =>
  run("sh", [
    here("torch/start.sh"),
    "openmp",
    "profile.py",
    join(folder, "data.npz"),
    "--lanczos",
    String(eigenvalues),
    "--trace",
    String(trace),
    "--slq-steps",
    String(steps),
    "--slq-probes",
    String(probes),
    "--mode",
    mode,
  ]);

const sides = { thalweg: [], full: [], kept: [] };
let products;
for (let pair = 0; pair < Number(pairs); pair++) {
  const ours = thalweg();
  const { sections } = ours.result.result;
  const count = (name) => sections.find((section) => section.instrument === name).products;
  products = {
    eigenvalues: count("eigenvalues"),
    trace: count("trace"),
    steps: 80,
    probes: 4,
    spectrum: count("spectrum"),
  };
  sides.thalweg.push(ours.seconds);
  sides.full.push(torch("full", products).seconds);
  sides.kept.push(torch("kept", products).seconds);
}
const seconds = Object.fromEntries(Object.entries(sides).map(([name, values]) => [name, median(values)]));
console.log(
  JSON.stringify({
    products,
    seconds,
    ratioAgainstDoubleBackward: seconds.full / seconds.thalweg,
    ratioAgainstKeptGraph: seconds.kept / seconds.thalweg,
  }),
);
