/**
 * Steps of training against PyTorch's eager loop, from the same weights on the same batches: `node bench/training.mjs [NETWORK…]`, after a
 * build. Stretches of steps alternate between the two sides; medians are compared. One JSON line.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startOf, Trainer } from "../dist/dynamics/trainer.js";
import { loadProblem } from "../dist/load/load-problem.js";
import { tensorRule } from "../dist/optimizers/optimizer.js";
import { COORDINATE_OPTIMIZERS } from "../dist/optimizers/registry.js";
import { median } from "./statistics.mjs";

const START = fileURLToPath(new URL("torch/start.sh", import.meta.url));
const OPTIMIZERS = { momentum: ["sgd", { lr: 1e-3, momentum: 0.9 }], adam: ["adam", { lr: 1e-4 }] };
const ROUNDS = 13;
/** Milliseconds of a stretch, about. */
const STRETCH = 300;

const THREADS = 2;

async function torchSide(network, optimizer, blas, folder) {
  const child = spawn("sh", [START, blas, "training.py", network, optimizer, "--folder", folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  const { batch } = JSON.parse(await next());
  const ask = async (command) => {
    child.stdin.write(`${command}\n`);
    return Number(await next());
  };
  return { batch, ask, close: () => child.stdin.end("quit\n") };
}

async function ourSide(folder, optimizer, batch) {
  const [name, options] = OPTIMIZERS[optimizer];
  const rule = tensorRule(COORDINATE_OPTIMIZERS.find((each) => each.name === name).with(options).rule);
  const { problem, close } = await loadProblem(join(folder, "model.onnx"), {
    data: join(folder, "data.npz"),
    loss: "cross-entropy",
    threads: THREADS,
    oneEngine: true,
  });
  const trainer = new Trainer(problem, { rule }, startOf(problem, rule));
  const round = problem.examples / batch;
  let step = 0;
  let loss;
  return {
    async steps(count) {
      const asked = Array.from({ length: count }, () => {
        const first = (step % round) * batch;
        const examples = Uint32Array.from({ length: batch }, (_, i) => first + i);
        return { examples, numbers: rule.numbers(step++) };
      });
      const start = performance.now();
      for await (const found of trainer.train(asked)) loss = found.at(-1).loss;
      return performance.now() - start;
    },
    loss: () => loss,
    async close() {
      await trainer.close();
      await close();
    },
  };
}

/** The faster of the two OpenBLAS builds. */
async function fasterBlas(network, optimizer, folder) {
  const found = {};
  for (const blas of ["pthread", "openmp"]) {
    const torch = await torchSide(network, optimizer, blas, folder);
    for (let i = 0; i < 3; i++) found[blas] = await torch.ask(20);
    torch.close();
  }
  return found.pthread < found.openmp ? "pthread" : "openmp";
}

async function compareTraining(network, optimizer) {
  const folder = mkdtempSync(join(tmpdir(), "thalweg-training-"));
  try {
    const blas = await fasterBlas(network, optimizer, folder);
    const torch = await torchSide(network, optimizer, blas, folder);
    const ours = await ourSide(folder, optimizer, torch.batch);
    const warm = [await torch.ask(10), await ours.steps(10)];
    const difference = Math.abs((await torch.ask("loss")) - ours.loss());
    const count = Math.max(4, Math.round((10 * STRETCH) / warm[0]));
    await torch.ask(count);
    await ours.steps(count);
    const [theirTimes, ourTimes] = [[], []];
    for (let i = 0; i < ROUNDS; i++) {
      theirTimes.push((await torch.ask(count)) / count);
      ourTimes.push((await ours.steps(count)) / count);
    }
    torch.close();
    await ours.close();
    const [theirs, own] = [median(theirTimes), median(ourTimes)];
    return {
      blas,
      stepMs: { thalweg: own, torch: theirs },
      stepsPerSecond: { thalweg: 1000 / own, torch: 1000 / theirs },
      faster: theirs / own,
      least: { thalweg: Math.min(...ourTimes), torch: Math.min(...theirTimes) },
      lossDifferenceAfterTenSteps: difference,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const NETWORKS = ["mlp", "lenet", "gpt"];
const asked = NETWORKS.filter((name) => process.argv.includes(name));
const found = {};
for (const network of asked.length > 0 ? asked : NETWORKS) {
  found[network] = {};
  for (const optimizer of Object.keys(OPTIMIZERS))
    found[network][optimizer] = await compareTraining(network, optimizer);
}
console.log(JSON.stringify(found));
