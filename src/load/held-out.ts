import type { Dataset, DatasetOptions } from "../data/dataset.ts";
import { sharedExamples } from "../data/shared-examples.ts";
import { everyLabel } from "../data/labels.ts";
import { type OpenDataset, openDatasetPath } from "../io/open-dataset-path.ts";
import { formatNumber } from "../util/format-number.ts";
import { formatCount } from "../util/format-size.ts";
import type { Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type LabelReading, labelsAlike } from "./labels-alike.ts";

/** The data, and the examples that `--test` names, read alike. */
export interface WithHeldOut {
  readonly dataset: OpenDataset;
  readonly heldOut: OpenDataset;
  /** How the labels of the held-out examples are stored, where the data's are stored otherwise. */
  readonly notes: readonly string[];
}

/**
 * Opens the examples that `--test` names, and sees to it that they are read as the data are: their labels in the form
 * of the data's, the same classes under the same numbers. Numbers of another size are warned of, and so are examples of the data.
 *
 * @param options `reads`: what is done to the data behind the file
 * @param data with labels as the loss takes them
 * @throws input error `test-differs`, what the labels themselves are refused for, and what openDatasetPath throws
 */
export function openHeldOut(
  path: string,
  { reads, ...options }: DatasetOptions & { readonly reads: (dataset: OpenDataset) => OpenDataset },
  data: OpenDataset,
  reading: LabelReading,
): WithHeldOut {
  const opened = reads(openDatasetPath(path, options));
  try {
    const alike = labelsAlike(data, opened, reading);
    if ("difference" in alike) throw differs(path, alike.difference);
    const { data: dataset, test } = alike;
    // Every label once, so that one that cannot be read is told now.
    everyLabel(test, () => true);
    const alsoInData = sharedExamples(test, dataset);
    const warnings = [...(opened.warnings ?? []), ...inData(alsoInData, test), ...otherUnits(data, test)];
    return { dataset, heldOut: { ...test, warnings, alsoInData }, notes: otherForm(opened, test) };
  } catch (error) {
    opened.close();
    throw error;
  }
}

function differs(path: string, difference: string): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "test-differs",
    message: `The held-out examples cannot be read as the data are: ${difference}.`,
    where: { file: path },
    hint: "Save the labels of both files alike: class numbers, or one row for each example, or values as the loss takes them.",
  });
}

function otherForm({ labels: stored }: Dataset, { labels: read }: Dataset): string[] {
  const form = ({ dtype, shape }: Dataset["labels"]) => `${dtype} [${["N", ...shape].join(", ")}]`;
  if (form(stored) === form(read)) return [];
  return [
    `The labels of the held-out examples are stored as ${form(stored)}; they were read as ${form(read)}, as those of the data.`,
  ];
}

/** That held-out examples are examples of the data. */
function inData(shared: number, { examples: all }: Dataset): string[] {
  if (shared === 0) return [];
  const same = "with the same inputs and labels";
  if (shared < all)
    return [
      `${formatCount(shared)} of the ${formatCount(all)} held-out examples ${shared === 1 ? "is" : "are"} in the data too, ${same}: only the other ${formatCount(all - shared)} can say anything of examples that the network has not seen.`,
    ];
  return [
    `${all === 1 ? "The held-out example is" : `All ${formatCount(all)} held-out examples are`} in the data too, ${same}: the gap says nothing of examples that the network has not seen.`,
  ];
}

/** Examples looked at. */
const LOOKED_AT = 512;

/** Where the largest numbers differ by more than this factor, the units are taken to differ. */
const OTHER_UNITS = 8;

/** A sentence for each input whose numbers are of another size than those of the data. */
function otherUnits(data: Dataset, test: Dataset): string[] {
  const [mine, theirs] = [data, test].map((each) => each.batch(0, Math.min(LOOKED_AT, each.examples)).inputs);
  return Object.keys(mine).flatMap((name) => {
    const [a, b] = [largest(mine[name]), largest(theirs[name])];
    return a > OTHER_UNITS * b || b > OTHER_UNITS * a
      ? [
          `The numbers of the input ${name} reach ${formatNumber(b, 3)} in the held-out examples and ${formatNumber(a, 3)} in the data: they may be in other units.`,
        ]
      : [];
  });
}

function largest({ data }: Tensor): number {
  let most = 0;
  for (const x of data) most = Math.max(most, Math.abs(x));
  return most;
}
