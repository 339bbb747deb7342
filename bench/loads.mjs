// node bench/loads.mjs [NAME …]: large inputs: what `--dry-run` says of time and memory beside what the run takes; a table.
// The time that is said is that of this machine as it is: on a busy one, plan and run are slow alike, or not, as others come and go;
// what processors did for the run stands beside it.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNpz } from "../dist/files/npz.js";
import { createRandom } from "../dist/random/random-stream.js";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "thalweg-loads-"));
const random = createRandom(1);

/** Examples with labels that are classes, or one real number each. */
function data(name, examples, features, classes) {
  const x = Float32Array.from({ length: examples * features }, () => random.normal());
  const y =
    classes === 0
      ? { dtype: "float32", shape: [examples, 1], data: Float32Array.from({ length: examples }, () => random.normal()) }
      : { dtype: "int64", shape: [examples], data: Float64Array.from({ length: examples }, (_, i) => i % classes) };
  writeFileSync(
    join(folder, name),
    encodeNpz([
      ["x", { dtype: "float32", shape: [examples, features], data: x }],
      ["y", y],
    ]),
  );
}

/** Multilayer perceptrons with tanh, on standard normal numbers. */
const LOADS = {
  "a million examples of one feature": { net: "mlp:1-16-1:tanh", examples: 1e6, features: 1, classes: 0 },
  "one example of a million features": { net: "mlp:1000000-8-2:tanh", examples: 1, features: 1e6, classes: 2 },
  "one example of 65 536 features": { net: "mlp:65536-64-2:tanh", examples: 1, features: 65536, classes: 2 },
  "20 million parameters": {
    net: "mlp:1000-4000-4000-10:tanh",
    examples: 100,
    features: 1000,
    classes: 10,
    // Its eigenvectors are gigabytes, which `--dry-run` says, too: the checks alone.
    only: "loss",
  },
  "5 000 nodes": {
    // A product and an activation for each layer.
    net: `mlp:${Array(2501).fill(8).join("-")}:tanh`,
    examples: 200,
    features: 8,
    classes: 8,
    // A Hessian product of it is a graph of 97 533 nodes, which takes ONNX Runtime 8 s to open: the checks alone.
    only: "loss",
  },
  "500 layers": { net: `mlp:${Array(501).fill(8).join("-")}:tanh`, examples: 200, features: 8, classes: 8 },
  "a thousand classes": { net: "mlp:64-64-1000:tanh", examples: 5000, features: 64, classes: 1000 },
};

/** Notes how much memory the process had at most, in bytes, and how long processors were at it, in seconds. */
const hook = `data:text/javascript,${encodeURIComponent(String.raw`
import { readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
if (isMainThread)
  process.on("exit", () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    let peak = maxRSS;
    // The system's maximum counts what the parent had when it forked, too; a high-water mark is of the program alone.
    try {
      peak = /VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
    } catch {}
    writeFileSync(process.env.PEAK, JSON.stringify({ bytes: 1024 * peak, busy: (userCPUTime + systemCPUTime) / 1e6 }));
  });`)}`;

/** A check that fails ends nothing here, and is said in the table. */
const ENDS = new Map([
  [0, "done"],
  [4, "A CHECK FAILED"],
  [5, "not converged"],
]);

function run(args) {
  const peak = join(folder, "peak");
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", hook, main, ...args], {
      cwd: folder,
      env: { ...process.env, PEAK: peak },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    child.on("close", (code) =>
      ENDS.has(code)
        ? resolve({
            document: JSON.parse(out),
            seconds: (performance.now() - start) / 1000,
            end: ENDS.get(code),
            ...JSON.parse(readFileSync(peak, "utf8")),
          })
        : reject(new Error(`thalweg ${args.join(" ")} ended with ${code}: ${out.slice(0, 2000)}`)),
    );
  });
}

const wanted = process.argv.slice(2);
console.log("load | seconds: said, taken (processors), taken/said | GiB: said, taken, taken/said | how it ended");
for (const [name, { net, examples, features, classes, only = "loss,gradient,eigenvalues" }] of Object.entries(LOADS)) {
  if (wanted.length > 0 && !wanted.some((each) => name.includes(each))) continue;
  data("d.npz", examples, features, classes);
  const loss = classes === 0 ? "mse" : "cross-entropy";
  const args = ["profile", net, "--data", "d.npz", "--loss", loss, "--only", only, "--json", "-q"];
  const { document } = await run([...args, "--dry-run"]);
  const taken = await run(args);
  const gib = (bytes) => (bytes / 2 ** 30).toFixed(2);
  const { seconds, bytes } = document;
  const time = `${seconds.toFixed(1)}, ${taken.seconds.toFixed(1)} (${taken.busy.toFixed(1)}), ${(taken.seconds / seconds).toFixed(2)}`;
  const memory = `${gib(bytes)}, ${gib(taken.bytes)}, ${(taken.bytes / bytes).toFixed(2)}`;
  console.log(`${name} | ${time} | ${memory} | ${taken.end}`);
}
rmSync(folder, { recursive: true, force: true });
