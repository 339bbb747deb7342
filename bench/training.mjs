/**
 * Steps of training against PyTorch's eager loop, from the same weights on the same batches: `node bench/training.mjs [NETWORK…]`, after a
 * build. Stretches of steps alternate between the two sides; medians are compared, of the time that passes and of processor time, which
 * other processes disturb less. One JSON line.
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
/** Stretches before: our side finds out meanwhile how the machine runs its steps fastest (`src/runtime/faster-way.ts`). */
const WARM = 12;
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
    return (await next()).split(" ").map(Number);
  };
  const steps = async (count) => {
    const [passed, processor] = await ask(count);
    return { passed: passed / count, processor: processor / count };
  };
  return { batch, steps, loss: async () => (await ask("loss"))[0], close: () => child.stdin.end("quit\n") };
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
      const [start, before] = [performance.now(), process.cpuUsage()];
      for await (const found of trainer.train(asked)) loss = found.at(-1).loss;
      const { user, system } = process.cpuUsage(before);
      return { passed: (performance.now() - start) / count, processor: (user + system) / 1e3 / count };
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
    for (let i = 0; i < 3; i++) found[blas] = (await torch.steps(20)).passed;
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
    const warm = await torch.steps(10);
    await ours.steps(10);
    const difference = Math.abs((await torch.loss()) - ours.loss());
    const count = Math.max(4, Math.round(STRETCH / warm.passed));
    for (let i = 0; i < WARM; i++) {
      await torch.steps(count);
      await ours.steps(count);
    }
    const [theirs, own] = [[], []];
    for (let i = 0; i < ROUNDS; i++) {
      theirs.push(await torch.steps(count));
      own.push(await ours.steps(count));
    }
    torch.close();
    await ours.close();
    const of = (kind) => ({
      thalweg: median(own.map((each) => each[kind])),
      torch: median(theirs.map((each) => each[kind])),
      // Of neighbours in time.
      ratio: median(own.map((each, i) => theirs[i][kind] / each[kind])),
      least: {
        thalweg: Math.min(...own.map((each) => each[kind])),
        torch: Math.min(...theirs.map((each) => each[kind])),
      },
    });
    return { blas, stepMs: of("passed"), processorMs: of("processor"), lossDifferenceAfterTenSteps: difference };
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
