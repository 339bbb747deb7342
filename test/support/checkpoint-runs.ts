import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { ResultDocument } from "../../src/documents/result-kinds.ts";
import { encodeNpz } from "../../src/files/npz.ts";
import { encodeSafetensors } from "../../src/files/safetensors.ts";
import { assetPath } from "../../src/io/asset-path.ts";
import { openResult } from "../../src/io/open-result.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { runHere } from "./run-here.ts";
import { type Act, thalweg } from "./spawn-node.ts";

export const MODEL = [assetPath("digits.onnx"), "--data", "d.npz", "--threads", "1"];
export const QUICK = ["--only", "loss,eigenvalues", "--top", "1", "--bottom", "1", "-q"];
/** A quick profile over all checkpoints. */
export const ALL = [...MODEL, "--weights", "step-*.safetensors", ...QUICK];

/** A folder with data and checkpoints at random, and the built command line in it. */
export function checkpointRuns(steps: readonly number[]) {
  let folder = "";
  const at = (...path: string[]) => join(folder, ...path);

  /** Runs the command line in the temporary folder; `act` may send it a signal. */
  const run = (args: readonly string[], act?: Act) => thalweg(args, { cwd: folder }, act);

  /** The same in the process of the test, from its source: another build, whose runs the built one does not continue. */
  const here = (args: readonly string[]) => runHere(args, folder);

  /** Sends a signal as soon as so many tasks of a run are done. */
  function whenDone(path: string, count: number, child: ChildProcess, signal: NodeJS.Signals): void {
    const timer = setInterval(() => {
      if (tasksIn(path).length < count) return;
      clearInterval(timer);
      child.kill(signal);
    }, 10);
    child.on("close", () => clearInterval(timer));
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "thalweg-checkpoints-"));
    const random = createRandom(1);
    const x = Float32Array.from({ length: 12 * 64 }, () => random.uniform());
    const y = Float64Array.from({ length: 12 }, (_, i) => i % 10);
    writeFileSync(
      at("d.npz"),
      encodeNpz([
        ["x", { dtype: "float32", shape: [12, 64], data: x }],
        ["y", { dtype: "int64", shape: [12], data: y }],
      ]),
    );
    const shapes = { "hidden.weight": [32, 64], "hidden.bias": [32], "output.weight": [10, 32], "output.bias": [10] };
    for (const step of steps) {
      const tensors = Object.entries(shapes).map(([name, shape]) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        const data = Float32Array.from({ length: size }, () => 0.1 * random.normal());
        return [name, { dtype: "float32" as const, shape, data }] as const;
      });
      writeFileSync(at(`step-${step}.safetensors`), encodeSafetensors(tensors));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function resultIn(path: string): ResultDocument<"checkpoints"> {
    const { document } = openResult(at(path));
    if (document.schema === "thalweg/checkpoints@1") return document;
    throw new Error(`${path} holds ${document.schema}`);
  }

  /** What the leases of a run say. */
  const leasesOf = (path: string) =>
    readdirSync(at(path, "leases"))
      .filter((name) => name.endsWith(".lease"))
      .map((name) => readFileSync(at(path, "leases", name), "utf8"));

  const tasksIn = (path: string) =>
    existsSync(at(path, "tasks")) ? readdirSync(at(path, "tasks")).filter((name) => /^[^.].*\.json$/.test(name)) : [];

  return { at, run, here, whenDone, resultIn, leasesOf, tasksIn };
}

/** What must not depend on when, where and in how many attempts it was measured. */
export function withoutProvenance(document: ResultDocument<"checkpoints">) {
  const { schema, seed, model, data, loss, precision, checks, warnings, result } = document;
  return { schema, seed, model, data, loss, precision, checks, warnings, result };
}
