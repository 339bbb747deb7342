import { join } from "node:path";
import { npzChunks } from "../files/npz.ts";
import { addToFolder, type FileContent, writeFolderAtomically } from "../io/write-atomically.ts";
import { openRunFolder, refuseUnfinished, RUN_FILE, type RunFolder } from "../io/run-folder.ts";
import type { Finished } from "../runs/execute.ts";
import { renderingOnce } from "../report/render-svg.ts";
import { encodeRun, type RunFile } from "../runs/run-file.ts";
import { encodeResult, type ResultDocument } from "../documents/result-kinds.ts";
import { hashOfJson, type Recipe } from "../runs/recipe.ts";
import type { DrawingThread } from "./drawing-thread.ts";
import type { Tensor } from "../util/tensor.ts";
import { messageOf } from "../util/message-of.ts";

/** "thalweg-runs/20261122-015500-profile-1a2b3c4d": a folder that tells when, what and of what. */
export function defaultFolder(createdAt: string, recipe: Recipe): string {
  const time = createdAt
    .replace(/\.\d+Z$/, "")
    .replace(/[-:]/g, "")
    .replace("T", "-");
  return join("thalweg-runs", `${time}-${recipe.experiment}-${hashOfJson(recipe).slice(0, 8)}`);
}

/** What was written, and what could not be drawn. */
export interface WrittenRun {
  /** A sentence for everything that could not be drawn; they stand among the result's warnings, too. */
  readonly warnings: readonly string[];
  /** How many there are. */
  readonly figures: number;
  /** Absent where it could not be made. */
  readonly report: string | undefined;
  /** Why each part failed that did, for --debug; empty when all was drawn. */
  readonly faults: readonly Error[];
}

/** What the folder holds besides the result. */
export interface RunRecord {
  /** What the run is. */
  readonly file?: RunFile;
  /** The folder, where it is there already, with that file and the tasks of the run. */
  readonly begun?: RunFolder;
  /** Files of its own, by name. */
  readonly beside?: Finished["beside"];
  /** The thread that draws, where there is one. */
  readonly drawing?: DrawingThread;
}

/** The report is slow to load, and most commands write none. */
export function loadReport() {
  return Promise.all([
    import("../report/figures-of.ts"),
    import("../report/render-report.ts"),
    import("../report/pages-of.ts"),
  ]);
}

/**
 * Writes everything that a run leaves: result and arrays first, so that no fault in drawing loses what
 * was measured; then figures and report. What cannot be drawn is named in the result's warnings.
 *
 * @throws ThalwegError where the folder cannot be written, and `run-replaced` where another run was begun in it meanwhile
 */
export async function writeRun(
  folder: string,
  document: ResultDocument,
  arrays: ReadonlyMap<string, Tensor>,
  run: RunRecord = {},
): Promise<WrittenRun> {
  const measured: [string, FileContent][] = [];
  if (arrays.size > 0) measured.push(["arrays.npz", npzChunks(arrays)]);
  for (const [name, content] of run.beside ?? []) measured.push([name, content]);
  // Last: a folder that holds a result is complete, but for what is drawn of it.
  measured.push(["result.json", encodeResult(document)]);
  if (run.begun) addToFolder(folder, measured, run.begun.requireOurs);
  else {
    // Another may have been begun there while this one was measured.
    refuseUnfinished(folder);
    writeFolderAtomically(folder, [...(run.file ? [[RUN_FILE, encodeRun(run.file)] as const] : []), ...measured]);
  }
  const own = run.begun ?? (run.file && openRunFolder(folder));
  const requireOurs = () => own?.requireOurs();
  const [{ figuresOf }, { renderReport }, { pagesOf }] = await loadReport();
  // The report shows the figures that lie beside it.
  const render = renderingOnce(run.drawing?.draw);
  const faults: Error[] = [];
  const warnings: string[] = [];
  const failed = (what: string, cause: unknown) => {
    const reason = messageOf(cause);
    faults.push(new Error(`${what} could not be drawn: ${reason}`, { cause }));
    warnings.push(`${what} could not be drawn (${reason}); the numbers are all in result.json.`);
  };
  const files: [string, FileContent][] = [];
  const drawing = figuresOf(document);
  run.drawing?.begin(drawing.figures);
  // Begun first: what it holds besides figures is made while they are drawn.
  const asHoped = renderReport(document, render);
  asHoped.catch(() => undefined);
  for (const { name, error } of drawing.failed) failed(`The figure ${name}`, error);
  for (const { name, spec } of drawing.figures) {
    files.push([`figures/${name}.vl.json`, `${JSON.stringify(spec, undefined, 2)}\n`]);
    try {
      files.push([`figures/${name}.svg`, await render(spec)]);
    } catch (error) {
      failed(`The figure ${name}`, error);
    }
  }
  let report: string | undefined;
  const marked = () => ({ ...document, warnings: [...document.warnings, ...warnings] });
  try {
    report = await (warnings.length > 0 ? renderReport(marked(), render) : asHoped);
    files.push(["report.html", report]);
  } catch (error) {
    failed("The report", error);
  }
  for (const page of pagesOf(document)) {
    try {
      files.push([page.file, await renderReport(page.document, render)]);
    } catch (error) {
      failed(`The page ${page.file}`, error);
    }
  }
  if (faults.length > 0) files.push(["result.json", encodeResult(marked())]);
  addToFolder(folder, files, requireOurs);
  requireOurs();
  return { warnings, report, faults, figures: drawing.figures.length };
}
