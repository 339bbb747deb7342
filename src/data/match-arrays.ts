import { inputError } from "../files/input-error.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import type { ThalwegError } from "../util/thalweg-error.ts";
import { isFloat } from "../util/tensor.ts";
import type { DatasetOptions, InputRequest, NamedArrays } from "./dataset.ts";

export const DEFAULT_INPUT = "x";
export const DEFAULT_LABEL = "y";

const ROWS_LOOKED_AT = 64;

/** Names that labels have in files, and the inputs of models that take them. */
export const LABEL_NAMES: readonly string[] = [DEFAULT_LABEL, "label", "labels", "target", "targets", "t", "y_true"];

/** Which array is what. */
export interface MatchedArrays {
  /** Absent where no array holds any, although every input of the model has its own. */
  readonly labels: LazyArray | undefined;
  /** Why there are none, for a loss that reads them. */
  readonly labelsMissing?: ThalwegError;
  readonly inputs: readonly { readonly request: InputRequest; readonly array: LazyArray }[];
  /** Whether the model takes the labels as an input, to compute its loss or to be led by them. */
  readonly modelReadsLabels: boolean;
  /** Arrays that are neither. */
  readonly unread: readonly LazyArray[];
  readonly notes: readonly string[];
}

/**
 * The labels: the array asked for, `y`, or the only one with a name for labels. An input gets the array
 * of its own name, whatever that name is; an input with a name for labels and no such array gets the
 * labels; the one that is left gets `x`, or the only array that is left, or where there is but one array the
 * labels themselves (an autoencoder).
 *
 * @param label the name of the array of labels, where it is fixed
 * Labels may be missing where they were not asked for by name and every input of the model has its array:
 * a model that computes its own loss needs none.
 *
 * @throws ThalwegError `missing-array`
 */
export function matchArrays(
  file: string,
  held: NamedArrays,
  label: string | undefined,
  options: DatasetOptions,
): MatchedArrays {
  const { arrays } = held;
  const found = held.labels ?? labelArray(file, arrays, label, options.inputs ?? []);
  const labelsMissing = found ? undefined : noLabels(file, arrays, label);
  if (labelsMissing && (label !== undefined || !options.inputs)) throw labelsMissing;
  const asInput = options.inputs ?? ownInputs(arrays, found);
  if (asInput.length === 0) throw missing(file, arrays, "no inputs", DEFAULT_INPUT);
  const isLabelInput = ({ name }: InputRequest) =>
    asInput.length > 1 && (LABEL_NAMES.includes(name.toLowerCase()) || name === label);
  // Labels that nobody named are no input of their own: a single input called y takes x.
  const isOwn = (array: LazyArray | undefined) =>
    array !== found || label !== undefined || asInput.length > 1 ? array : undefined;
  const named = asInput.map((request) => ({
    request,
    array: isOwn(ofName(arrays, request.name)) ?? (isLabelInput(request) ? found : undefined),
  }));
  const used = new Set(named.map(({ array }) => array));
  const left = named.filter(({ array }) => array === undefined);
  const free = [...arrays.values()].filter((array) => array !== found && !used.has(array));
  const alone = arrays.size === 1 && !held.labels ? found : undefined;
  const spare = arrays.get(DEFAULT_INPUT) ?? (free.length === 1 ? free[0] : alone);
  const inputs = named.map(({ request, array }) => {
    const chosen = array ?? (left.length === 1 && spare && !used.has(spare) ? spare : undefined);
    if (!chosen) {
      const shared = `An input that is the same for all examples takes its number by --set ${request.name}=VALUE.`;
      const hint = asInput.length > 1 ? `${NAME_ARRAYS} ${shared}` : NAME_ARRAYS;
      throw (
        labelsMissing ?? missing(file, arrays, `nothing for the model's input "${request.name}"`, request.name, hint)
      );
    }
    return { request, array: chosen };
  });
  return {
    labels: found,
    labelsMissing,
    inputs,
    unread: [...arrays.values(), ...(held.besideLabels ?? [])].filter(
      (each) => each !== found && inputs.every(({ array }) => array !== each),
    ),
    modelReadsLabels: inputs.some(({ request, array }) => array === found && isLabelInput(request)),
    notes: notesOn(inputs, found, label, held),
  };
}

/**
 * The array asked for, if it is there; else the only one with a name for labels that no input of the model owns by its name;
 * else `y`, or the only other one with such a name, although an input is fed it too.
 */
function labelArray(
  file: string,
  arrays: ReadonlyMap<string, LazyArray>,
  label: string | undefined,
  requests: readonly InputRequest[],
): LazyArray | undefined {
  if (label !== undefined) return arrays.get(label);
  const likely = [...arrays.values()].filter(({ name }) => LABEL_NAMES.includes(name.toLowerCase()));
  const named = arrays.get(DEFAULT_LABEL) ?? (likely.length === 1 ? likely[0] : undefined);
  const owned = new Set(requests.map(({ name }) => ofName(arrays, name)));
  if (named && !owned.has(named)) return named;
  const free = likely.filter((array) => !owned.has(array));
  if (free.length === 1) return free[0];
  if (free.length > 1) throw severalLabels(file, free, named);
  if (!named) return undefined;
  const rest = requests.length > 1 ? unread(arrays, owned, named) : [];
  if (rest.length > 0) throw severalLabels(file, [named, ...rest], named);
  return named;
}

function noLabels(file: string, arrays: ReadonlyMap<string, LazyArray>, label = DEFAULT_LABEL) {
  return missing(
    file,
    arrays,
    `no labels: there is no array "${label}"`,
    label,
    "Save them beside the inputs as y, numpy.savez(file, x=..., y=...), or name their array or CSV column with --label; a model that computes its own loss needs none with --loss output.",
  );
}

/** Arrays with as many rows as the labels that no input needs: they may be the labels where an input owns those. */
function unread(
  arrays: ReadonlyMap<string, LazyArray>,
  owned: ReadonlySet<LazyArray | undefined>,
  labels: LazyArray,
): LazyArray[] {
  return [...arrays.values()].filter(
    (array) => !owned.has(array) && array.name !== DEFAULT_INPUT && array.shape[0] === labels.shape[0],
  );
}

function severalLabels(file: string, found: readonly LazyArray[], owned: LazyArray | undefined) {
  const list = found.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(" or ");
  const whose = owned ? ` The model has an input called ${owned.name}, which is fed the array of that name.` : "";
  return inputError(
    "several-labels",
    `${file} holds several arrays that could be the labels: ${list}.${whose}`,
    { file, input: found[0].name },
    "Name the labels with --label.",
  );
}

/** Without a model: the array `x`, or else every array but the labels. */
function ownInputs(arrays: ReadonlyMap<string, LazyArray>, labels: LazyArray | undefined): InputRequest[] {
  const names = [...arrays].flatMap(([name, array]) => (array === labels ? [] : [name]));
  return (arrays.has(DEFAULT_INPUT) ? [DEFAULT_INPUT] : names).map((name) => ({ name }));
}

/** By exact name, else by the only one that differs in upper and lower case. */
function ofName(arrays: ReadonlyMap<string, LazyArray>, name: string): LazyArray | undefined {
  const exact = arrays.get(name);
  if (exact) return exact;
  const similar = [...arrays.keys()].filter((each) => each.toLowerCase() === name.toLowerCase());
  return similar.length === 1 ? arrays.get(similar[0]) : undefined;
}

function notesOn(
  inputs: MatchedArrays["inputs"],
  labels: LazyArray | undefined,
  label: string | undefined,
  held: NamedArrays,
): string[] {
  const notes: string[] = [];
  if (!held.labels && label === undefined && labels && labels.name !== DEFAULT_LABEL)
    notes.push(`The array ${labels.name} was taken for the labels; --label names another.`);
  for (const { request, array } of inputs) {
    if (array === labels) notes.push(`The model's input ${request.name} is fed the labels (array ${array.name}).`);
    else if (request.name !== array.name && array.name !== DEFAULT_INPUT)
      notes.push(`The model's input ${request.name} is fed the array ${array.name}.`);
    if (isUnscaledBytes(array) && request.dtype !== undefined && isFloat(request.dtype))
      notes.push(
        `The array ${array.name} holds bytes (0 to 255), which are fed as they are: if the network was trained on floats from 0 to 1, divide by 255 before saving.`,
      );
  }
  return notes;
}

/** Whether an array holds bytes beyond 0 and 1 that nothing has scaled: images, as a rule. */
function isUnscaledBytes(array: LazyArray): boolean {
  if (array.storedAs !== "uint8" || isFloat(array.dtype) || array.shape.length === 0) return false;
  return array.rows(0, Math.min(array.shape[0], ROWS_LOOKED_AT)).data.some((value) => value > 1);
}

const NAME_ARRAYS =
  "Name the arrays as the model's inputs (x for a single one) and the labels y: numpy.savez(file, x=..., y=...); for a CSV file name the label column with --label.";

/** What a file lacks, beside what it holds. */
export function missing(
  file: string,
  arrays: ReadonlyMap<string, LazyArray>,
  what: string,
  input: string,
  hint = NAME_ARRAYS,
) {
  const there = [...arrays].slice(0, 20).map(([array, { shape }]) => `${array} [${shape.join(", ")}]`);
  return inputError(
    "missing-array",
    `${file} has ${what}. It holds ${there.length === 0 ? "no arrays" : there.join(", ")}.`,
    { file, input },
    hint,
  );
}
