import { z } from "zod";
import { openHashedFile } from "../io/open-hashed-file.ts";
import type { KeptEngines } from "../load/kept-engines.ts";
import { type LoadedProblem, type LoadOptions, loadProblem } from "../load/load-problem.ts";
import type { Checkpoint, Opened, Openers, ProblemSubject, Request } from "../runs/subject.ts";
import { problemFlags } from "./common-flags.ts";
import { originOf } from "./frame.ts";
import { openProblem } from "./open-problem.ts";
import type { Shell } from "./shell.ts";

const checkpointFiles = z.object({ weights: z.array(z.string()).min(1) });

/**
 * Opens subjects from files.
 *
 * @param shell is told what was opened, chosen and guessed
 */
export function openers(shell: Shell): Openers {
  return openersWith(shell, (model, options) => openProblem(model, options, shell));
}

/**
 * The same without a word: for the tasks of a run, whose subject was told of when it began.
 *
 * @param engines keep what is compiled from one task to the next
 */
export function silentOpeners(shell: Pick<Shell, "elapsed">, engines: KeptEngines): Openers {
  return openersWith(shell, (model, options) => loadProblem(model, options, engines));
}

function openersWith(
  shell: Pick<Shell, "elapsed">,
  load: (model: string, options: LoadOptions) => Promise<LoadedProblem>,
): Openers {
  const problem = async ({ arguments: [model], options }: Request): Promise<Opened<ProblemSubject>> => {
    const loaded = await load(model, problemFlags.parse(options));
    return {
      subject: { problem: loaded.problem },
      inputs: inputsOf(loaded),
      origin: () => originOf(loaded, shell),
      close: () => loaded.close(),
    };
  };
  return {
    problem,
    none: () => Promise.resolve({ subject: {}, inputs: [], origin: () => NOWHERE, close: () => Promise.resolve() }),
    async checkpoints({ options, ...request }) {
      const checkpoints = checkpointFiles.parse(options).weights.map(hashed);
      const first = await problem({ ...request, options: { ...options, weights: checkpoints[0].weights } });
      const others = checkpoints.slice(1).map(({ weights, sha256 }) => ({ path: weights, sha256 }));
      return { ...first, subject: { ...first.subject, checkpoints }, inputs: [...first.inputs, ...others] };
    },
  };
}

/** The origin of what is about nothing. */
const NOWHERE = { model: null, data: null, loss: null, precision: null, runtime: null, checks: [], warnings: [] };

function hashed(weights: string): Checkpoint {
  const source = openHashedFile(weights);
  source.close();
  return { weights, sha256: source.sha256 };
}

function inputsOf({ source, dataset, dataPath, problem: { heldOut } }: LoadedProblem): Opened<unknown>["inputs"] {
  const { path, sha256, weights } = source;
  return [
    { path, sha256 },
    ...(weights ? [{ path: weights.name, sha256: weights.sha256 }] : []),
    { path: dataPath, sha256: dataset.sha256() },
    ...(heldOut ? [{ path: heldOut.name, sha256: heldOut.sha256() }] : []),
  ];
}
