// node bench/surface.mjs MODELS [SIDE [NAME …]]: a surface of SIDE × SIDE points on 5 000 examples against PyTorch; one JSON line.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openAxes, weightsAt } from "../dist/landscape/axes.js";
import { lossesAt } from "../dist/landscape/losses.js";
import { filterNormalization } from "../dist/landscape/normalizations/filter.js";
import { randomSpan } from "../dist/landscape/spans/random.js";
import { loadProblem } from "../dist/load/load-problem.js";
import { createRandom } from "../dist/random/random-stream.js";
import { median } from "./statistics.mjs";

const [models, sideArgument = "25", ...names] = process.argv.slice(2);
const side = Number(sideArgument);
/** Rows of the surface that one side computes before it is the other's turn. */
const ROWS = 5;
const START = fileURLToPath(new URL("torch/start.sh", import.meta.url));

const rows = Array.from({ length: side }, (_, j) => (2 * j) / (side - 1) - 1);
const turns = Array.from({ length: Math.ceil(side / ROWS) }, (_, i) => rows.slice(i * ROWS, (i + 1) * ROWS));

async function clocked(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function torchSide(folder, name, blas) {
  const child = spawn("sh", [START, blas, "surface.py", folder, name, String(side)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const ready = await next();
  return {
    ready,
    async milliseconds(turn) {
      child.stdin.write(`${turn.join(" ")}\n`);
      return next();
    },
    close: () => child.stdin.end(),
  };
}

async function compared(name) {
  const folder = join(models, name);
  // The build on which PyTorch is faster here.
  const speeds = {};
  for (const blas of ["openmp", "pthread"]) {
    const alone = await torchSide(folder, name, blas);
    speeds[blas] = await alone.milliseconds([0.5]);
    alone.close();
  }
  const blas = speeds.openmp <= speeds.pthread ? "openmp" : "pthread";
  const torch = await torchSide(folder, name, blas);
  const loaded = await loadProblem(join(folder, "model.onnx"), {
    data: join(folder, "surface.npz"),
    loss: "cross-entropy",
    threads: 2,
  });
  const { problem } = loaded;
  const asked = { span: randomSpan, words: [], count: 2, normalization: filterNormalization };
  const axes = await openAxes(
    { problem, random: createRandom(0), context: {} },
    { ...asked, isWithOffsets: false, isOrthogonal: false },
  );
  const surface = (turn) => {
    const at = turn.flatMap((t) => rows.map((s) => [s, t]));
    const coordinatesOf = (i) => at[i];
    return lossesAt(problem, at.length, (i, into) => weightsAt(axes, at[i], into), {}, { ...axes, coordinatesOf });
  };
  const forward = async (turn) => {
    for (let i = 0; i < turn.length * side; i++) await problem.point.anyValue();
  };
  await surface(turns[0].slice(0, 1));
  const times = { thalweg: [], torch: [], forward: [] };
  for (const turn of turns) {
    const points = turn.length * side;
    times.torch.push((await torch.milliseconds(turn)) / points);
    times.thalweg.push((await clocked(() => surface(turn))) / points);
    times.forward.push((await clocked(() => forward(turn))) / points);
  }
  torch.close();
  const { loss } = await problem.point.value();
  await loaded.close();
  const [thalwegMs, torchMs, forwardMs] = [times.thalweg, times.torch, times.forward].map(median);
  return {
    network: name,
    points: side * side,
    blas,
    lossesAgreeTo: Math.abs(loss / torch.ready.loss - 1),
    thalwegMs,
    torchMs,
    ratio: torchMs / thalwegMs,
    pointsPerSecond: 1000 / thalwegMs,
    ofForwardLimit: forwardMs / thalwegMs,
  };
}

const results = [];
for (const name of names.length > 0 ? names : ["lenet", "mlp"]) results.push(await compared(name));
console.log(JSON.stringify({ networks: results }));
