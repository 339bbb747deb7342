import { z } from "zod";
import { namedResult } from "../documents/named-result.ts";
import type { ResultDocument } from "../documents/result-kinds.ts";
import { openHashedFile } from "../io/open-hashed-file.ts";
import { openResult } from "../io/open-result.ts";
import { aboutLeftOut } from "../load/about-left-out.ts";
import { chooseTensors } from "../load/choose-parameters.ts";
import { describeProblem } from "../load/describe-problem.ts";
import type { KeptEngines } from "../load/kept-engines.ts";
import { isWithoutDerivatives, loadForward, requireWeightsAlone, servesForward } from "../load/load-forward.ts";
import { loadModel } from "../load/load-model.ts";
import type { LoadOptions } from "../load/load-options.ts";
import { loadProblem } from "../load/load-problem.ts";
import { fittingArrays } from "../load/replace-weights.ts";
import type { LoadedForward } from "../load/loaded-forward.ts";
import type { LoadedProblem } from "../load/loaded-problem.ts";
import { modelBytes } from "../load/read-model.ts";
import { rewriteFile } from "../load/rewrite-file.ts";
import { requireSameNetwork } from "../load/require-same-network.ts";
import { openWeights } from "../load/weights-file.ts";
import { unproven } from "../load/prove-import.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { defaultPrecision } from "../onnx/default-precision.ts";
import { doubtSentence } from "../onnx/doubtful-parameters.ts";
import type { Problem } from "../problem/problem.ts";
import { isToyName, namedToy } from "../toys/named-toy.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import { requireSameFile } from "../runs/same-file.ts";
import type { Checkpoint, Opened, Openers, Origin, ForwardSubject, ProblemSubject, Request } from "../runs/subject.ts";
import { isNotFinite, type ThalwegError } from "../util/thalweg-error.ts";
import { WITHOUT_NUMBERS } from "./experiment-flags.ts";
import { filesOf, inputsOf, inputsOfForward, modelSummary, originOf, originOfForward } from "../load/origin-of.ts";
import { weightsIn, weightsOf } from "../load/weights-of.ts";
import { openProblem, tellForward } from "./open-problem.ts";
import { requireNetwork, requireNoNetwork } from "./require-ground.ts";
import type { Shell } from "./shell.ts";
import { SUBJECT_FLAGS } from "./subject-flags.ts";

const checkpointFiles = z.object({ weights: z.array(z.string()).min(1) });

/**
 * Opens subjects from files.
 *
 * @param shell is told what was opened, chosen and guessed
 */
export function openers(shell: Shell): Openers {
  return openersWith(
    shell,
    (model, options) => openProblem(model, options, shell),
    (loaded) => tellForward(loaded, shell),
  );
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
  tell: (loaded: LoadedForward) => void = () => undefined,
): Openers {
  const problemOf = async (
    model: string,
    options: LoadOptions,
    begun: Request["begun"] = [],
  ): Promise<Opened<ProblemSubject>> => {
    const loaded = await load(model, options);
    return {
      subject: {
        problem: loaded.problem,
        weightsOf(path) {
          const found = weightsOf(loaded.problem, loaded.source.model, path);
          for (const file of [found, ...found.beside]) requireSameFile(file, begun);
          return found;
        },
        fileWith: (tensors) =>
          loaded.source.externalData.length > 0 ? undefined : rewriteFile(modelBytes(loaded.source), { tensors }),
      },
      inputs: inputsOf(loaded),
      origin: () => originOf(loaded, shell),
      close: () => loaded.close(),
    };
  };
  const problem = ({ arguments: [model], options, proofs, oneEngine, begun }: Request) =>
    problemOf(model, { ...SUBJECT_FLAGS.problem.parse(options), proofs, oneEngine }, begun);
  /** At each of the checkpoints, opened by whatever opens one. */
  const atEach = async <Subject extends object>(
    { options, ...request }: Request,
    openOne: (request: Request) => Promise<Opened<Subject>>,
    requireFit: (first: Subject, weights: string) => Opened<unknown>["inputs"],
  ) => {
    const named = checkpointFiles.parse(options).weights;
    const checkpoints = [...new Set(named)].map(hashed);
    const namedAgain = [...new Set(named.filter((file, i) => named.indexOf(file) < i))];
    const at = async ({ weights, sha256 }: Checkpoint) => {
      const opened = await openOne({ ...request, options: { ...options, weights } });
      try {
        for (const input of opened.inputs) requireSameFile(input, [{ path: weights, sha256 }]);
      } catch (error) {
        await opened.close();
        throw error;
      }
      return opened;
    };
    const [first, weights] = await firstFinite(checkpoints, at);
    const rest = checkpoints.filter((each) => each.weights !== weights);
    // One that does not fit would end the run after all before it were measured.
    const others = rest.flatMap(({ weights: file, sha256 }) => [
      { path: file, sha256 },
      ...requireFit(first.subject, file),
    ]);
    return {
      ...first,
      subject: { ...first.subject, checkpoints, namedAgain, at },
      inputs: [...first.inputs, ...others],
    };
  };
  const checkpointsOf = (request: Request) =>
    atEach(request, problem, (first, weights) => requireProblemFits(first.problem, weights));
  return {
    problem,
    none() {
      // What an experiment brings itself is small.
      const runtime = nodeRuntime({ threads: 1 });
      return Promise.resolve({ subject: { runtime }, inputs: [], origin: () => NOWHERE, close: () => runtime.close() });
    },
    async ground(request) {
      const [name] = request.arguments;
      if (!isToyName(name)) {
        requireNetwork(name);
        return problem(request);
      }
      const toy = namedToy(name);
      requireNoNetwork(request.options, SUBJECT_FLAGS.ground, `${toy.text} is a toy`);
      return { subject: { toy }, inputs: [], origin: () => NOWHERE, close };
    },
    async network(request) {
      const { model } = SUBJECT_FLAGS.network.parse(request.options);
      if (model === undefined) {
        requireNoNetwork(request.options, SUBJECT_FLAGS.network, "none is named by --model");
        return { subject: { problem: undefined, network: undefined }, inputs: [], origin: () => NOWHERE, close };
      }
      const { model: _model, ...options } = request.options;
      const opened = await problem({ ...request, arguments: [model], options });
      return { ...opened, subject: { problem: opened.subject.problem, network: opened.subject } };
    },
    checkpoints: checkpointsOf,
    async path(request) {
      try {
        return await checkpointsOf(request);
      } catch (error) {
        const [model] = request.arguments;
        const options = SUBJECT_FLAGS.problem.parse({ ...request.options, weights: undefined });
        if (!isWithoutDerivatives(error) || !servesForward(model, options)) throw error;
        const opened = await atEach(request, forwardOpener(error, shell, tell), (first, weights) =>
          requireFit(first.model, weights, requireWeightsAlone),
        );
        return { ...opened, subject: { ...opened.subject, because: error.message } };
      }
    },
    model: ({ arguments: [path], options }) => Promise.resolve(openModel(path, SUBJECT_FLAGS.model.parse(options))),
    async described({ arguments: [path], options }) {
      const { batch, ...flags } = SUBJECT_FLAGS.described.parse(options);
      // It compiles one graph, once.
      const runtime = nodeRuntime({ threads: 1 });
      const closing = (opened: { close(): Promise<void> }) => () => Promise.all([opened.close(), runtime.close()]);
      if (flags.data !== undefined || flags.x !== undefined) {
        const opened = await problemOf(path, flags);
        const { problem: known } = opened.subject;
        const { model, dataset, options: asked } = known;
        const subject = { model, dataset, options: asked, batch: batch ?? asked.batchSize, problem: known, runtime };
        return { ...opened, subject, close: () => closing(opened)().then(() => undefined) };
      }
      const { source, dataset, options: asked, parameters } = describeProblem(path, batch, flags);
      return {
        subject: { model: source.model, dataset, options: asked, batch: asked.batchSize, problem: undefined, runtime },
        inputs: filesOf(source),
        origin: () => ({
          ...NOWHERE,
          model: modelSummary(source, parameters, asked.parameters),
          warnings: aboutLeftOut(source),
          precision: asked.precision,
          checks: [unproven("there are no data to run the file on")],
        }),
        close: () => runtime.close(),
      };
    },
    results({ arguments: paths }) {
      const found = paths.map(openResult);
      const documents = found.map(({ document }) => document);
      const origin: Origin = {
        ...NOWHERE,
        data: shared(documents, ({ data }) => data),
        loss: shared(documents, ({ loss }) => loss),
        precision: shared(documents, ({ precision }) => precision),
      };
      return Promise.resolve({
        subject: {
          results: found.map(({ path, sha256, document }) => namedResult(path, sha256, document)),
          ignored: WITHOUT_NUMBERS,
        },
        inputs: found.map(({ file, sha256 }) => ({ path: file, sha256 })),
        origin: () => origin,
        close,
      });
    },
  };
}

/** The origin of what is about nothing. */
const NOWHERE = { model: null, data: null, loss: null, precision: null, runtime: null, checks: [], warnings: [] };

const close = () => Promise.resolve();

function openModel(path: string, flags: z.output<typeof SUBJECT_FLAGS.model>) {
  const source = loadModel(path, flags);
  const { model, sha256, notes } = source;
  const { parameters, freeze, doubtful } = chooseTensors(model, flags);
  const doubt = doubtSentence(doubtful);
  const selected = new Set(parameters ?? model.parameters.map(({ name }) => name));
  const tensors = [...model.parameters, ...model.statistics, ...model.constants].filter(({ name }) =>
    selected.has(name),
  );
  const importing = {
    precision: flags.precision ?? defaultPrecision(model),
    freeze,
    parameters,
    batchNormalization: flags.bn,
  };
  return {
    subject: {
      model,
      path,
      sha256,
      notes: doubt === undefined ? notes : [...notes, doubt],
      importing,
      output: flags.output,
    },
    inputs: filesOf(source),
    origin: () => ({
      ...NOWHERE,
      model: modelSummary(source, tensors, parameters),
      warnings: aboutLeftOut(source),
    }),
    close,
  };
}

/** Opens a network that can only be run forward, at the weights of a request. */
function forwardOpener(because: ThalwegError, shell: Pick<Shell, "elapsed">, tell: (loaded: LoadedForward) => void) {
  return async ({ arguments: [path], options, begun = [] }: Request): Promise<Opened<ForwardSubject & Held>> => {
    const loaded = await loadForward(path, SUBJECT_FLAGS.problem.parse(options), because);
    const { forward, source, parameters } = loaded;
    tell(loaded);
    return {
      subject: {
        forward,
        model: source.model,
        weightsOf(file) {
          const holder = {
            space: forward.space,
            parameters,
            requireSame: requireWeightsAlone,
            // No graph tells what other tensors do.
            isSameLoss: () => false,
            takesStatistics: false,
          };
          const found = weightsIn(file, source.model, holder);
          for (const each of [found, ...found.beside]) requireSameFile(each, begun);
          return found;
        },
      },
      inputs: inputsOfForward(loaded),
      origin: () => originOfForward(loaded, shell),
      close: () => Promise.resolve(loaded.close()),
    };
  };
}

interface Held {
  readonly model: ModelFile;
}

/** What all results have alike; null where they differ. */
function shared<T>(documents: readonly ResultDocument[], of: (document: ResultDocument) => T): T | null {
  const [first, ...others] = documents.map(of);
  return others.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? first : null;
}

function hashed(weights: string): Checkpoint {
  const source = openHashedFile(weights);
  source.close();
  return { weights, sha256: source.sha256 };
}

/** @throws those of requireFit and requireSameNetwork */
function requireProblemFits(problem: Problem, weights: string): Opened<unknown>["inputs"] {
  return requireFit(problem.model, weights, (network) => requireSameNetwork(problem, problem.model, network));
}

/**
 * Files that weights are kept in besides their own.
 *
 * @throws those of fittingArrays, and of `requireSame` for a file that holds a network
 */
function requireFit(
  model: ModelFile,
  weights: string,
  requireSame: (network: ModelFile) => void,
): Opened<unknown>["inputs"] {
  const { arrays, network, beside, close } = openWeights(weights, model);
  try {
    fittingArrays(model, arrays, weights);
    if (network) requireSame(network);
    return beside.map(({ name, sha256 }) => ({ path: name, sha256 }));
  } finally {
    close();
  }
}

/**
 * The network at the first checkpoint that did not diverge, which stands for all of them until each is measured.
 *
 * @throws what keeps it from being opened: of the first, where all diverged
 */
async function firstFinite<T>(
  checkpoints: readonly Checkpoint[],
  openAt: (checkpoint: Checkpoint) => Promise<T>,
): Promise<readonly [opened: T, weights: string]> {
  let reason: unknown;
  for (const checkpoint of checkpoints) {
    try {
      return [await openAt(checkpoint), checkpoint.weights];
    } catch (error) {
      if (!isNotFinite(error)) throw error;
      reason ??= error;
    }
  }
  throw reason;
}
