import { createHash } from "node:crypto";
import { join } from "node:path";
import { npzChunks } from "../files/npz.ts";
import { type FileContent, writeFolderAtomically } from "../io/write-atomically.ts";
import { encodeResult, type ResultDocument } from "../result/result-kinds.ts";
import type { Tensor } from "../util/tensor.ts";

/** "thalweg-runs/20261122-015500-profile-1a2b3c4d": a folder that tells when, what and of what. */
export function defaultFolder({ createdAt, schema, model, data, config }: ResultDocument): string {
  const time = createdAt
    .replace(/\.\d+Z$/, "")
    .replace(/[-:]/g, "")
    .replace("T", "-");
  const kind = /^thalweg\/(.*)@/.exec(schema)?.[1] ?? "run";
  const hash = createHash("sha256")
    .update(JSON.stringify([model?.sha256, data?.sha256, config]))
    .digest("hex");
  return join("thalweg-runs", `${time}-${kind}-${hash.slice(0, 8)}`);
}

/** Writes everything that a run leaves: result, arrays, figures, report. Returns the report. */
export async function writeRun(
  folder: string,
  document: ResultDocument,
  arrays: ReadonlyMap<string, Tensor>,
): Promise<string> {
  // Drawing is the slowest part to load, and most commands draw nothing.
  const [{ figuresOf }, { renderReport }, { renderSvg }] = await Promise.all([
    import("../figures/figures.ts"),
    import("../report/render-report.ts"),
    import("../report/render-svg.ts"),
  ]);
  const files: [string, FileContent][] = [["result.json", encodeResult(document)]];
  if (arrays.size > 0) files.push(["arrays.npz", npzChunks(arrays)]);
  for (const { name, spec } of figuresOf(document)) {
    files.push(
      [`figures/${name}.vl.json`, `${JSON.stringify(spec, undefined, 2)}\n`],
      [`figures/${name}.svg`, await renderSvg(spec)],
    );
  }
  const report = await renderReport(document);
  files.push(["report.html", report]);
  writeFolderAtomically(folder, files);
  return report;
}
