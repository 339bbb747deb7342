import type { Dataset, DatasetOptions } from "../data/dataset.ts";
import { type OpenDataset, openDatasetPath } from "../io/open-dataset-path.ts";
import { formatNumber } from "../util/format-number.ts";
import type { Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * Opens the examples that `--test` names, and sees to it that they are read as the data are: labels of the same shape and
 * type, the same classes under the same numbers. Numbers of another size are warned of.
 *
 * @throws input error `test-differs`, and what openDatasetPath throws
 */
export function openHeldOut(path: string, options: DatasetOptions, data: Dataset): OpenDataset {
  const opened = openDatasetPath(path, options);
  const difference = differenceOf(data, opened);
  if (difference === undefined)
    return { ...opened, warnings: [...(opened.warnings ?? []), ...otherUnits(data, opened)] };
  opened.close();
  throw new ThalwegError({
    kind: "input",
    code: "test-differs",
    message: `The held-out examples cannot be read as the data are: ${difference}.`,
    where: { file: path },
    hint: "Give --test a file of the form of --data: the same arrays, the same classes, in the same units.",
  });
}

function differenceOf(data: Dataset, test: Dataset): string | undefined {
  const [mine, theirs] = [data.labels, test.labels];
  if ((data.labelsMissing === undefined) !== (test.labelsMissing === undefined))
    return test.labelsMissing === undefined ? "they have labels, which the data have not" : "they have no labels";
  if (mine.shape.join() !== theirs.shape.join())
    return `a label of the data has the shape [${mine.shape.join(", ")}], one of theirs [${theirs.shape.join(", ")}]`;
  if (mine.dtype !== theirs.dtype) return `labels of the data are ${mine.dtype}, theirs ${theirs.dtype}`;
  const named = ({ classNames }: Dataset["labels"]) => classNames?.join(", ");
  if (named(mine) !== named(theirs))
    return `the classes of the data are ${named(mine) ?? "numbers"}, theirs ${named(theirs) ?? "numbers"}, and would have other numbers`;
  return undefined;
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
