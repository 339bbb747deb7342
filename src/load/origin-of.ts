import { arch, cpus, platform } from "node:os";
import { z } from "zod";
import type { FileHash } from "../data/content-hash.ts";
import { version } from "../io/version.ts";
import type { Frame } from "../result/envelope.ts";
import type { Opened, Origin } from "../runs/subject.ts";
import { type Shape, sizeOf } from "../util/tensor.ts";
import { heldConstant } from "../onnx/held-constant.ts";
import type { LoadedModel } from "./load-model.ts";
import type { LoadedForward } from "./loaded-forward.ts";
import type { LoadedProblem } from "./loaded-problem.ts";

/** Who makes the result, and how it was asked for. */
export function identityOf(
  { command }: { readonly command: readonly string[] },
  flags: Readonly<Record<string, unknown>>,
): Pick<Frame, "thalweg" | "command" | "config"> {
  return {
    thalweg: version(),
    command: [...command],
    config: z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(flags))),
  };
}

/** Of where the time of a run is told from. */
interface Clock {
  /** Milliseconds since it began. */
  elapsed(): number;
}

/** What the envelope says of a problem. */
export function originOf(loaded: LoadedProblem, clock: Clock): Origin {
  const { problem, source, dataPath, dataset, proofs, warnings } = loaded;
  return {
    model: modelSummary(source, problem.space.tensors, problem.options.parameters),
    data: { path: dataPath, sha256: dataset.sha256(), examples: problem.examples },
    loss: lossSummary(loaded),
    precision: problem.options.precision,
    runtime: runtimeSummary(loaded, clock),
    checks: [...proofs],
    warnings: [...warnings, ...changesOnDisk(loaded)],
  };
}

/** The same of a loss without derivatives. */
export function originOfForward(loaded: LoadedForward, clock: Clock): Origin {
  const { forward, source, parameters, dataPath, dataset, proofs, warnings, terms, lossGuessed } = loaded;
  const { loss, reduction, l2, precision } = forward.options;
  const { name, title, formula } = loss;
  return {
    model: modelSummary(source, forward.space.tensors, parameters),
    data: { path: dataPath, sha256: dataset.sha256(), examples: dataset.examples },
    loss: { name, title, formula, reduction, l2, terms, guessed: lossGuessed },
    precision,
    runtime: {
      engine: loaded.engine,
      device: "cpu",
      threads: loaded.threads,
      platform: platformSummary(),
      seconds: clock.elapsed() / 1000,
    },
    checks: [...proofs],
    warnings: [...warnings, ...changesOnDisk(loaded)],
  };
}

/** Every file that a loss without derivatives was read from. */
export function inputsOfForward({ source, dataset, dataPath }: LoadedForward): Opened<unknown>["inputs"] {
  return [...filesOf(source), { path: dataPath, sha256: dataset.sha256() }];
}

/** Every file that a problem was read from. */
export function inputsOf({
  source,
  dataset,
  dataPath,
  problem: { heldOut },
}: LoadedProblem): Opened<unknown>["inputs"] {
  return [
    ...filesOf(source),
    { path: dataPath, sha256: dataset.sha256() },
    ...(heldOut ? [{ path: heldOut.name, sha256: heldOut.sha256() }] : []),
  ];
}

/** The files of a model, each with its own hash. */
export function filesOf({ files, weights, besideWeights }: LoadedModel): Opened<unknown>["inputs"] {
  return [...files, ...(weights ? [weights] : []), ...besideWeights].map(({ name, sha256 }) => ({
    path: name,
    sha256,
  }));
}

/** A sentence for every file of the data that is another now than the one that was opened. */
export function changesOnDisk({ dataset }: Pick<LoadedProblem, "dataset">): string[] {
  return dataset
    .outdated()
    .map(
      (path) => `${path} was changed during the run: numbers and hash are those of what it held when it was opened.`,
    );
}

/** A model and the tensors of it that count as its parameters. */
export function modelSummary(
  { path, sha256, externalData, weights, model }: LoadedModel,
  tensors: readonly { readonly name: string; readonly shape: Shape }[],
  chosen: readonly string[] | undefined,
): NonNullable<Frame["model"]> {
  const sized = tensors.map(({ name, shape }) => ({
    name,
    label: model.labels.get(name) ?? null,
    shape: [...shape],
    parameters: sizeOf(shape),
  }));
  const held = heldConstant(model, chosen);
  return {
    path,
    sha256,
    externalData: externalData.length === 0 ? null : externalData.map(fileSummary),
    weights: weights ? fileSummary(weights) : null,
    parameters: sized.reduce((sum, { parameters }) => sum + parameters, 0),
    tensors: sized,
    heldConstant: held ? { ...held, names: [...held.names] } : null,
  };
}

function fileSummary({ name, sha256 }: FileHash): { path: string; sha256: string } {
  return { path: name, sha256 };
}

function lossSummary({ problem, lossGuessed }: LoadedProblem): NonNullable<Frame["loss"]> {
  const { loss, reduction, l2 } = problem.options;
  const { name, title, formula } = loss;
  return { name, title, formula, reduction, l2, terms: problem.terms, guessed: lossGuessed };
}

function runtimeSummary({ problem, device }: LoadedProblem, clock: Clock): NonNullable<Frame["runtime"]> {
  const { description, threads } = problem.runtime;
  return { engine: description, device, threads, platform: platformSummary(), seconds: clock.elapsed() / 1000 };
}

/** "linux x64, AMD EPYC 9B14, Node 20.20.2" */
export function platformSummary(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${platform()} ${arch()}, ${model}, Node ${process.versions.node}`;
}
