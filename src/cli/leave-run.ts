import type { ResultDocument } from "../documents/result-kinds.ts";
import { writeFileAtomically } from "../io/write-atomically.ts";
import type { RunFolder } from "../io/run-folder.ts";
import type { Finished } from "../runs/execute.ts";
import type { RunFile } from "../runs/run-file.ts";
import type { DrawingThread } from "./drawing-thread.ts";
import { EMBEDDED_REPORT } from "./embedded.ts";
import type { Shell } from "./shell.ts";
import { writeRun } from "./write-run.ts";

/** What was left in a folder, and how it went. */
interface Written {
  readonly text: string;
  readonly warnings: readonly string[];
  readonly isFaulty: boolean;
  readonly failure: unknown;
}

export const NOTHING_WRITTEN: Written = { text: "", warnings: [], isFaulty: false, failure: undefined };

/** Writes the folder of a run, and says what is in it; what keeps it from being written takes no number away. */
export async function leaveRun(
  folder: string,
  document: ResultDocument,
  {
    arrays,
    beside,
    isDemo,
    begun,
    file,
    drawing,
    shell,
  }: Pick<Finished, "arrays" | "beside"> & {
    isDemo: boolean;
    begun: RunFolder | undefined;
    file: RunFile;
    drawing: DrawingThread | undefined;
    shell: Shell;
  },
): Promise<Written> {
  try {
    const { faults, warnings, report, figures } = await writeRun(folder, document, arrays.entries(), {
      file,
      beside,
      begun,
      drawing,
    });
    for (const fault of faults) shell.fault(fault);
    const names = [
      "result.json",
      ...(arrays.entries().size > 0 ? ["arrays.npz"] : []),
      ...new Set(beside.map(([name]) => name.replace(/\/.*/s, "/"))),
      ...(figures > 0 ? ["figures/"] : []),
    ];
    if (report !== undefined) names.push("report.html (how each number was measured)");
    let text = `\nWritten to ${folder}:\n  ${names.join(", ")}\n`;
    if (isDemo && report !== undefined) {
      writeFileAtomically(EMBEDDED_REPORT, report);
      text += `The report is also at ./${EMBEDDED_REPORT}: open it in a browser.\n`;
    }
    return { text, warnings, isFaulty: faults.length > 0, failure: undefined };
  } catch (failure) {
    // A full disk does not take the numbers away: they are shown.
    return { ...NOTHING_WRITTEN, failure };
  }
}
