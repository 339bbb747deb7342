// npm run bench [-- NAME …]: see README.md
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { torchServer } from "./torch-server.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MODELS = join(HERE, "../.bench/models");
const NETWORKS = ["mlp", "lenet", "resnet20", "gpt", "vit"];
/** Programs of their own, by name. */
const PROGRAMS = {
  profile: "compare-profile.mjs",
  scaling: "scaling.mjs",
  surface: "surface.mjs",
  alignment: "alignment.mjs",
  training: "training.mjs",
};
const OTHERS = Object.keys(PROGRAMS);
/** Fast networks are measured more often: the speed of a shared machine wanders. */
const RUNS = { mlp: 101, resnet20: 10 };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => ![...NETWORKS, ...OTHERS].includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown[0]}"; there are ${[...NETWORKS, ...OTHERS].join(", ")}.`);
  process.exit(2);
}
const chosen = asked.length > 0 ? asked : [...NETWORKS, ...OTHERS];

for (const network of [...NETWORKS, "mlp-10k"]) {
  if (existsSync(join(MODELS, network, "model.onnx"))) continue;
  mkdirSync(MODELS, { recursive: true });
  execFileSync("sh", [join(HERE, "torch/start.sh"), "openmp", "export.py", MODELS, network], { stdio: "inherit" });
}

const node = (script, ...args) => {
  const { status, stdout } = spawnSync(process.execPath, [join(HERE, script), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")} failed`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
};

/**
 * Peak memory of processes that compute nothing but Hessian products. They are started from here, because a process
 * inherits the peak of the one that starts it.
 */
const memory = async (network, mode, torchMeasure, blas) => {
  const thalweg = node("memory-point.mjs", join(MODELS, network), mode);
  const server = await torchServer(network, blas);
  for (let run = 0; run < 5; run++) await server.measure(torchMeasure);
  const torch = await server.peakMegabytes();
  server.close();
  return { thalweg, torch };
};

// What is not measured this time stays as it was.
const file = join(HERE, "results.json");
const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { networks: [] };
const stamp = { machine: cpus()[0].model, cores: cpus().length, date: new Date().toISOString() };
const row = (...cells) =>
  console.log(cells.map((cell, i) => String(cell)[i === 0 ? "padEnd" : "padStart"](i === 0 ? 26 : 14)).join(""));

for (const network of NETWORKS.filter((name) => chosen.includes(name))) {
  const result = node("compare-products.mjs", join(MODELS, network), network, String(RUNS[network] ?? 21));
  const { blas } = result;
  result.peakMegabytes = {
    plain: await memory(network, "plain", "hvp", blas),
    kept: await memory(network, "kept", "hvp-kept", blas),
  };
  results.networks = [...results.networks.filter((other) => other.network !== network), { ...stamp, ...result }];
  row(network, "Thalweg ms", "PyTorch ms", "faster by");
  for (const [name, { thalwegMs, torchMs, ratio }] of Object.entries(result.measures)) {
    row(`  ${name}`, thalwegMs.toFixed(1), torchMs.toFixed(1), `${ratio.toFixed(2)}x`);
  }
  for (const [mode, { thalweg, torch }] of Object.entries(result.peakMegabytes)) {
    row(`  peak memory ${mode}, MB`, thalweg.toFixed(0), torch.toFixed(0));
  }
  row("  error of Hv", result.hessianVectorError.toExponential(1));
}
for (const name of OTHERS.filter((each) => chosen.includes(each))) {
  results[name] = { ...stamp, ...node(PROGRAMS[name], MODELS) };
  console.log(name, JSON.stringify(results[name], undefined, 2));
}
writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
execFileSync(process.execPath, [join(HERE, "write-table.mjs")], { stdio: "inherit" });
