import { arch, cpus, platform } from "node:os";
import { z } from "zod";
import type { FileHash } from "../data/content-hash.ts";
import { heldConstant } from "../load/held-constant.ts";
import type { LoadedModel } from "../load/load-model.ts";
import type { LoadedProblem } from "../load/load-problem.ts";
import type { ResultDocument } from "../documents/result-kinds.ts";
import { type Shape, sizeOf } from "../util/tensor.ts";
import type { Shell } from "./shell.ts";
import { version } from "./version.ts";

/** The part of the envelope that all kinds of result share. */
export type Frame = Omit<ResultDocument, "schema" | "result">;

export interface FrameOptions {
  readonly shell: Shell;
  /** The flags after defaults. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly loaded?: LoadedProblem;
  readonly checks?: Frame["checks"];
}

/** Provenance of a result: what was measured, with what, how. */
export function frameOf({ shell, flags, seed, loaded, checks = [] }: FrameOptions): Frame {
  return {
    thalweg: version(),
    createdAt: new Date().toISOString(),
    command: [...shell.command],
    config: z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(flags))),
    seed,
    model: loaded ? modelSummary(loaded.source, loaded.problem.space.tensors, loaded.problem.options.parameters) : null,
    data: loaded ? { path: loaded.dataPath, sha256: loaded.dataset.sha256(), examples: loaded.problem.examples } : null,
    loss: loaded ? lossSummary(loaded) : null,
    precision: loaded ? loaded.problem.options.precision : null,
    runtime: loaded ? runtimeSummary(loaded, shell) : null,
    checks: [...(loaded?.proofs ?? []), ...checks],
    warnings: [
      ...(loaded?.warnings ?? []),
      ...(loaded ? changesOnDisk(loaded) : []),
      ...(shell.interruption.asked.aborted ? ["The run was interrupted: it holds what was measured until then."] : []),
    ],
  };
}

/** A sentence for every file of the data that is another now than the one that was opened. */
export function changesOnDisk({ dataset }: LoadedProblem): string[] {
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

function runtimeSummary({ problem, device }: LoadedProblem, shell: Shell): NonNullable<Frame["runtime"]> {
  const { description, threads } = problem.runtime;
  return { engine: description, device, threads, platform: platformSummary(), seconds: shell.elapsed() / 1000 };
}

/** "linux x64, AMD EPYC 9B14, Node 20.20.2" */
export function platformSummary(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${platform()} ${arch()}, ${model}, Node ${process.versions.node}`;
}
