import type { ByteSource } from "../files/byte-source.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import { DEFAULT_LIMITS } from "../files/read-limits.ts";
import { openArrays } from "./array-formats.ts";
import { buildDataset } from "./build-dataset.ts";
import { type ImageClass, imageArrays } from "./image-folder.ts";
import { DEFAULT_LABEL, LABEL_NAMES, missing } from "./match-arrays.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { BuiltInSet } from "./built-in-set.ts";
import { spreadImages } from "./spread-images.ts";
import { splitOf } from "./built-in-sets.ts";
import type { Dataset, DatasetOptions, NamedArrays } from "./dataset.ts";

/** A column called t is a time, as a rule. */
const COLUMN_NAMES = LABEL_NAMES.filter((name) => name !== "t");

/** Where a dataset comes from: one file with everything, files given apart, images by class, or a built-in set. */
export type DatasetSources =
  | { readonly data: ByteSource }
  | { readonly x: ByteSource; readonly y: ByteSource }
  | { readonly classes: readonly ImageClass[]; readonly leftOut: readonly string[] }
  | { readonly builtIn: BuiltInSet; readonly asset: ByteSource };

/**
 * Opens a dataset: npz, npy, IDX, safetensors, CSV or Parquet, told by content, gzip or not. Headers are read
 * and checked against each other; examples are read by `batch`.
 *
 * @param name what messages and results call it
 * @throws ThalwegError of kind "input" for every flaw of the data
 * @example
 * openDataset("train.npz", { data: source }, { inputs: [{ name: "image", dtype: "float32" }] }).batch(0, 32);
 */
export function openDataset(name: string, sources: DatasetSources, options: DatasetOptions = {}): Dataset {
  const limits = options.limits ?? DEFAULT_LIMITS;
  if ("builtIn" in sources) {
    const { builtIn, asset } = sources;
    const label = options.label ?? DEFAULT_LABEL;
    return buildDataset(name, builtIn.read(asset), label, [asset], options, splitOf(builtIn, options.split));
  }
  if ("classes" in sources) {
    const { classes, leftOut } = sources;
    const images = classes.flatMap((each) => each.images);
    const { taken, notes } = spreadImages(classes, options.limit);
    const held = imageArrays(name, taken, leftOut, { ...options, limits });
    return buildDataset(name, { ...held, notes: [...held.notes, ...notes] }, undefined, images, options);
  }
  if ("data" in sources) {
    if (options.split !== undefined) {
      throw new ThalwegError({
        kind: "usage",
        code: "unknown-split",
        message: `${name} is one file and has no part "${options.split}".`,
        hint: "Leave the part out, or give a folder of IDX files or a built-in set.",
      });
    }
    const held = openArrays(sources.data, { role: "x", label: options.label, labelNames: COLUMN_NAMES, limits });
    // A label of a table is a column of it, which its reader has taken out.
    return buildDataset(name, held, held.labels ? undefined : options.label, [sources.data], options);
  }
  const inputs = openArrays(sources.x, { role: "x", limits });
  const labels = openArrays(sources.y, { role: "y", limits });
  return buildDataset(
    name,
    joined(name, inputs, labels, options.label ?? DEFAULT_LABEL),
    undefined,
    [sources.x, sources.y],
    options,
  );
}

/** Inputs from one file and labels from another: a file's only array serves, whatever it is called. */
function joined(file: string, inputs: NamedArrays, labels: NamedArrays, label: string): NamedArrays {
  for (const error of [...(inputs.unreadable?.values() ?? []), ...(labels.unreadable?.values() ?? [])]) throw error;
  const chosen = asOnly(label, labels.arrays).get(label);
  if (!chosen) throw missing(file, labels.arrays, `no labels: there is no array "${label}"`, label);
  return {
    arrays: asOnly("x", inputs.arrays),
    labels: chosen,
    besideLabels: [...labels.arrays.values()].filter((array) => labels.arrays.size > 1 && array !== chosen),
    classNames: labels.classNames,
    notes: [...inputs.notes, ...labels.notes],
  };
}

function asOnly(name: string, arrays: ReadonlyMap<string, LazyArray>): ReadonlyMap<string, LazyArray> {
  return arrays.size === 1 ? new Map([...arrays.values()].map((array) => [name, array])) : arrays;
}
