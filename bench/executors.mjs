// Tasks per second of one worker and of two, for every executor: `node bench/executors.mjs [checkpoints=40] [pairs=5] [executor …]`.
// The network is tiny, each task has one thread, one worker and two alternate. Steady state leaves out the first and the last
// tasks of each worker. CPU seconds are those of all processes, per task.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { encodeNpz } from "../dist/files/npz.js";
import { encodeSafetensors } from "../dist/files/safetensors.js";
import { createRandom } from "../dist/random/random-stream.js";
import { median } from "./statistics.mjs";

const [checkpoints = 40, pairs = 5] = process.argv.slice(2, 4).map(Number);
const chosen = process.argv.slice(4);
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const model = fileURLToPath(new URL("../assets/digits.onnx", import.meta.url));
const folder = fileURLToPath(new URL("../.bench/executors", import.meta.url));
const EXAMPLES = 60;

function writeFiles() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const random = createRandom(1);
  const x = Float32Array.from({ length: EXAMPLES * 64 }, () => random.uniform());
  const y = Float64Array.from({ length: EXAMPLES }, (_, i) => i % 10);
  const data = encodeNpz([
    ["x", { dtype: "float32", shape: [EXAMPLES, 64], data: x }],
    ["y", { dtype: "int64", shape: [EXAMPLES], data: y }],
  ]);
  writeFileSync(join(folder, "d.npz"), data);
  const shapes = { "hidden.weight": [32, 64], "hidden.bias": [32], "output.weight": [10, 32], "output.bias": [10] };
  for (let step = 0; step < checkpoints; step++) {
    const tensors = Object.entries(shapes).map(([name, shape]) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [
        name,
        { dtype: "float32", shape, data: Float32Array.from({ length: size }, () => 0.1 * random.normal()) },
      ];
    });
    writeFileSync(join(folder, `step-${step}.safetensors`), encodeSafetensors(tensors));
  }
}

const MEASURED = ["--only", "loss,eigenvalues", "--top", "3", "--bottom", "3", "--threads", "1", "-q"];

/** Runs the command line to its end; its CPU seconds with those of all that it started. */
async function thalweg(args) {
  const times = join(folder, `times-${process.hrtime.bigint()}`);
  const child = spawn("/usr/bin/time", ["-o", times, "-f", "%U %S", process.execPath, main, ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`thalweg ${args.join(" ")} ended with ${code}`);
  const cpu = readFileSync(times, "utf8").trim().split("\n").at(-1).split(" ").map(Number);
  return cpu[0] + cpu[1];
}

async function withServer(work) {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  const settings = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(String);
  const server = spawn("redis-server", settings, { stdio: "ignore" });
  await sleep(500);
  try {
    return await work(`redis://127.0.0.1:${port}`);
  } finally {
    server.kill("SIGKILL");
  }
}

const started = (run) =>
  existsSync(join(folder, run, "tasks.json")) && readFileSync(join(folder, run, "tasks.json")).length > 100;

async function runOf(executor, workers, url) {
  const run = `${executor}-${workers}`;
  rmSync(join(folder, run), { recursive: true, force: true });
  const name = { workers: `workers:${workers}`, queue: `queue:${url}` }[executor] ?? executor;
  const start = performance.now();
  const begun = ["profile", model, "--data", "d.npz", "--weights", "step-*.safetensors", ...MEASURED, "-o", run];
  const processes = [thalweg([...begun, "--executor", name])];
  if (executor === "folder" || executor === "queue") {
    while (!started(run)) await sleep(20);
    const from = executor === "queue" ? ["--queue", url] : [];
    for (let i = 0; i < workers; i++) processes.push(thalweg(["work", run, "-q", ...from]));
  }
  const cpu = (await Promise.all(processes)).reduce((sum, each) => sum + each, 0);
  const wall = (performance.now() - start) / 1000;
  const tasks = join(folder, run, "tasks");
  const ends = readdirSync(tasks)
    .filter((each) => each.endsWith(".json"))
    .map((each) => statSync(join(tasks, each)).mtimeMs / 1000)
    .toSorted((a, b) => a - b)
    .slice(2 * workers, workers > 1 ? -workers : undefined);
  return { wall, cpu: cpu / checkpoints, rate: (ends.length - 1) / (ends.at(-1) - ends[0]) };
}

writeFiles();
const says = (value) => value.toFixed(2).padStart(6);
await withServer(async (url) => {
  for (const executor of chosen.length > 0 ? chosen : ["workers", "folder", "queue"]) {
    const found = { 1: [], 2: [] };
    for (let pair = 0; pair < pairs; pair++) {
      for (const workers of [1, 2]) {
        const each = await runOf(executor, workers, url);
        found[workers].push(each);
        console.log(
          `${executor} ${workers}: ${says(each.rate)} tasks/s, wall ${says(each.wall)} s, ${says(each.cpu)} CPU s a task, load ${loadavg()[0].toFixed(1)}`,
        );
      }
    }
    const of = (workers, key) => found[workers].map((each) => each[key]);
    const ratios = (key) => of(2, key).map((value, i) => value / of(1, key)[i]);
    console.log(
      `${executor}: two workers do ${says(median(ratios("rate")))} times (${ratios("rate").map((each) => each.toFixed(2))}) the tasks per second of one; whole runs take ${says(median(ratios("wall")))} of the time; CPU s a task ${says(median(of(1, "cpu")))} and ${says(median(of(2, "cpu")))}`,
    );
  }
});
