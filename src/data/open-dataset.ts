import type { ByteSource } from "../files/byte-source.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import { DEFAULT_LIMITS } from "../files/read-limits.ts";
import { openArrays } from "./array-formats.ts";
import { buildDataset, DEFAULT_LABEL } from "./build-dataset.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { BuiltInSet } from "./built-in-set.ts";
import { splitOf } from "./built-in-sets.ts";
import type { Dataset, DatasetOptions, NamedArrays } from "./dataset.ts";

/** Where a dataset comes from: one file with everything, files given apart, or a built-in set. */
export type DatasetSources =
  | { readonly data: ByteSource }
  | { readonly x: ByteSource; readonly y: ByteSource }
  | { readonly builtIn: BuiltInSet; readonly asset: ByteSource };

/**
 * Opens a dataset: npz, npy, IDX, safetensors or CSV, told by content, gzip or not. Headers are read
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
    return buildDataset(name, builtIn.read(asset), DEFAULT_LABEL, [asset], options, splitOf(builtIn, options.split));
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
    const held = openArrays(sources.data, { role: "x", label: options.label, limits });
    return buildDataset(name, held, held.label ?? options.label ?? DEFAULT_LABEL, [sources.data], options);
  }
  const inputs = openArrays(sources.x, { role: "x", limits });
  const labels = openArrays(sources.y, { role: "y", limits });
  return buildDataset(
    name,
    joined(inputs, labels, options.label ?? DEFAULT_LABEL),
    DEFAULT_LABEL,
    [sources.x, sources.y],
    options,
  );
}

/** Inputs from one file and labels from another: a file's only array serves, whatever it is called. */
function joined(inputs: NamedArrays, labels: NamedArrays, label: string): NamedArrays {
  const arrays = new Map(asOnly("x", inputs.arrays));
  const chosen = asOnly(label, labels.arrays).get(label);
  arrays.delete(DEFAULT_LABEL);
  if (chosen) arrays.set(DEFAULT_LABEL, chosen);
  return { arrays, classNames: labels.classNames, notes: [...inputs.notes, ...labels.notes] };
}

function asOnly(name: string, arrays: ReadonlyMap<string, LazyArray>): ReadonlyMap<string, LazyArray> {
  return arrays.size === 1 ? new Map([...arrays.values()].map((array) => [name, array])) : arrays;
}
