// node bench/alignment.mjs MODELS [RUNS]: two networks of four layers of width 512: `connect --align`, the whole command, and the alignment alone; one JSON line.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findAlignment } from "../dist/landscape/connect/find-alignment.js";
import { Terrain } from "../dist/landscape/terrain.js";
import { loadProblem } from "../dist/load/load-problem.js";
import { createRandom } from "../dist/random/random-stream.js";
import { readVector } from "./open-network.mjs";
import { median } from "./statistics.mjs";

const [models, runs = "3"] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = join(models, "mlp-512-pair");
if (!existsSync(join(folder, "data.npz")))
  execFileSync("sh", [here("torch/start.sh"), "openmp", "pair.py", folder], { stdio: ["ignore", 2, 2] });
const scratch = mkdtempSync(join(tmpdir(), "thalweg-alignment-"));
const output = join(scratch, "result.json");
const command = [
  process.execPath,
  here("../dist/cli/main.js"),
  "connect",
  join(folder, "a.onnx"),
  join(folder, "b.npz"),
  "--data",
  join(folder, "data.npz"),
  "--loss",
  "cross-entropy",
  "--align",
  "--json",
  "--quiet",
];

/** What `times` says: minutes and seconds of user and system, of the shell and then of what it ran. */
function childSeconds(text) {
  const [, children] = text.trim().split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0);
}

const [seconds, cpuSeconds] = [[], []];
for (let run = 0; run < Number(runs); run++) {
  const start = performance.now();
  const said = execFileSync("sh", ["-c", 'out=$1; shift; "$@" > "$out" && times', "sh", output, ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  seconds.push((performance.now() - start) / 1000);
  cpuSeconds.push(childSeconds(said));
}

/** Seconds that each group of maps takes, of the clock and of the processors; the networks are open and have been run. */
async function alone() {
  const { problem } = await loadProblem(join(folder, "a.onnx"), {
    data: join(folder, "data.npz"),
    loss: "cross-entropy",
    threads: 2,
  });
  const terrain = Terrain.open(problem);
  const ends = { mine: problem.point.parameters, theirs: readVector(folder, "b.npz", problem.space) };
  await terrain.loss(ends.mine);
  const groups = {};
  for (const within of ["permutation", "general"]) {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await findAlignment(terrain, ends, { within, starts: 3, steps: 100 }, createRandom(0).split(within), {});
    const { user, system } = process.cpuUsage(cpu);
    groups[within] = { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
  }
  await terrain.close();
  await problem.close();
  return groups;
}

const { barrier, alignment } = JSON.parse(readFileSync(output, "utf8")).result;
rmSync(scratch, { recursive: true });
console.log(
  JSON.stringify({
    seconds: median(seconds),
    cpuSeconds: median(cpuSeconds),
    barrier: { before: barrier.before.train, permuted: barrier.permuted.train, aligned: barrier.aligned.train },
    attempts: alignment.attempts.length,
    alone: await alone(),
  }),
);
