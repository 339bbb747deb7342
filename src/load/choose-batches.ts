import { ThalwegError } from "../util/thalweg-error.ts";

/** Elements that the values of one forward pass may hold: 64 MiB of float32. */
const ELEMENTS = 16 * 2 ** 20;
/** Elements beyond which a larger batch only leaves the caches. */
const CACHED_ELEMENTS = 4 * 2 ** 20;
/** Fewer examples than this leave the matrix kernels half empty. */
const WELL_FILLED = 32;

/**
 * Examples beyond which what rounding does to their sum shows: a batch is summed in its own arithmetic, some kernels one by one,
 * and batches in float64. A million examples of one feature, in batches of 125 000, were 1e-4 off.
 */
const SUMMED = 2 ** 13;

/** Elements below which starting other threads takes longer than it saves. */
const WORTH_LANES = 2 ** 20;
/** Each lane returns a whole vector of parameters, which has to be little beside what it computes. */
const ELEMENTS_PER_PARAMETER = 8;
/**
 * Elements that a node computes on all examples, on average, below which to call it takes longer than to compute it: lanes
 * would call twice as often, and each opens every program for itself, which takes most of the time where nodes are many.
 */
const ELEMENTS_PER_NODE = 2 ** 12;
/** Each lane has an engine's memory of its own. */
const MOST_LANES = 4;

/** Elements of a forward pass up to which coupled examples are one batch: 2 GiB of float32. */
export const WHOLE_ELEMENTS = 2 ** 29;

export interface BatchQuestion {
  readonly examples: number;
  /** Elements that the forward pass computes for each example. */
  readonly perExample: number;
  readonly parameters: number;
  /** Nodes of the network; few when absent. */
  readonly nodes?: number;
  readonly threads: number;
  /** The most examples a batch that the user wants. */
  readonly asked?: number;
  /** The only batch size that the model takes. */
  readonly fixed?: number;
  /** How the loss of an example depends on the others of its batch; undefined when it does not. */
  readonly coupling: { readonly isMean: boolean } | undefined;
}

export interface BatchChoice {
  readonly batchSize: number;
  /** Engines side by side that share the threads. */
  readonly lanes: number;
  /** Whether all examples are one batch because they are coupled. */
  readonly isWhole: boolean;
}

/**
 * A batch size for which one pass fits into memory, and how many batches run at the same time: as many
 * as there are threads, where the network is large enough. The examples are cut into batches of as equal
 * size as possible. The result of a measurement does not depend on it beyond rounding. Examples that are coupled
 * are one batch, or batches as they were asked for.
 *
 * @example
 * const question = { examples: 1000, perExample: 1e4, parameters: 5000, coupling: undefined };
 * chooseBatches({ ...question, threads: 2 }); // { batchSize: 250, lanes: 2, isWhole: false }
 */
export function chooseBatches(question: BatchQuestion): BatchChoice {
  const { examples, perExample, parameters, nodes = 0, threads, asked, fixed, coupling } = question;
  const isWhole = coupling !== undefined && asked === undefined && fixed === undefined && fitsWhole(question);
  const most = fixed ?? asked ?? (isWhole ? examples : fitting(perExample));
  const elements = examples * perExample;
  const opensSlowly = elements < ELEMENTS_PER_NODE * nodes;
  const worthwhile = !opensSlowly && elements >= Math.max(WORTH_LANES, ELEMENTS_PER_PARAMETER * parameters);
  const lanes = worthwhile ? Math.min(threads, MOST_LANES) : 1;
  const isFree = fixed === undefined && !isWhole && !(coupling && asked !== undefined);
  const fewest = Math.ceil(Math.ceil(examples / most) / lanes) * lanes;
  const batches = opensSlowly ? withoutRest(examples, fewest) : fewest;
  const batchSize = isFree ? Math.ceil(examples / batches) : Math.min(most, examples);
  return { batchSize, lanes: Math.min(lanes, Math.ceil(examples / batchSize)), isWhole };
}

/** As many batches, or up to twice as many that are all of one size: a last one that is smaller has programs of its own. */
function withoutRest(examples: number, fewest: number): number {
  for (let batches = fewest; batches <= 2 * fewest; batches++) if (examples % batches === 0) return batches;
  return fewest;
}

/** Whether coupled examples can be one batch; a mean over them may be cut where they cannot. */
function fitsWhole({ examples, perExample, coupling }: BatchQuestion): boolean {
  if (examples * perExample <= WHOLE_ELEMENTS) return true;
  if (coupling?.isMean) return false;
  throw coupledTooLarge(examples);
}

/** Coupled examples have no loss but that of all of them at once. */
export function coupledTooLarge(examples: number): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "coupled-too-large",
    message: `The loss of an example depends on the others of its batch, and all ${examples} examples are too many for one.`,
    hint: "Give --batch-size B for the loss of batches of B, or fewer examples with --limit.",
  });
}

function fitting(perExample: number): number {
  const inMemory = Math.floor(ELEMENTS / Math.max(1, perExample));
  const inCache = Math.floor(CACHED_ELEMENTS / Math.max(1, perExample));
  return Math.min(SUMMED, Math.max(1, inCache, Math.min(WELL_FILLED, inMemory)));
}
