import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, sizeOf, type Tensor } from "../util/tensor.ts";
import type { Batch, Dataset } from "./dataset.ts";

/** Rows `start` to `end` of the data, which are read at once. */
interface Piece {
  readonly start: number;
  readonly end: number;
}

/** What is asked for among the rows of a piece: the row, and where it goes. */
interface Chosen {
  readonly row: number;
  readonly place: number;
}

/** Numbers between two chosen rows that are read along: a read of its own takes longer. */
const ALONG = 2 ** 12;

/** Numbers read at once, unless neighbours take more. */
const MOST = 2 ** 20;

/** The pieces that hold chosen rows, each row in one of them; `along`: rows between two of them that are read, too. */
function piecesOf(indices: Int32Array, along: number, most: number): (Piece & { readonly chosen: Chosen[] })[] {
  const sorted = Array.from(indices, (row, place): Chosen => ({ row, place })).sort((a, b) => a.row - b.row);
  const pieces: { start: number; end: number; chosen: Chosen[] }[] = [];
  for (const each of sorted) {
    const { row } = each;
    const last = pieces.at(-1);
    if (last && row <= last.end + along && (row <= last.end || row < last.start + most)) {
      last.end = Math.max(last.end, row + 1);
      last.chosen.push(each);
    } else pieces.push({ start: row, end: row + 1, chosen: [each] });
  }
  return pieces;
}

/** Whether they are one piece, in its order. */
function isWhole({ start, end, chosen }: Piece & { readonly chosen: readonly Chosen[] }): boolean {
  return end - start === chosen.length && chosen.every(({ row, place }) => row - start === place);
}

/** Puts the chosen rows of a piece into their places. */
function scatter({ data, shape }: Tensor, { start }: Piece, chosen: readonly Chosen[], into: Tensor): void {
  const width = sizeOf(shape.slice(1));
  for (const { row, place } of chosen)
    for (let i = 0; i < width; i++) into.data[place * width + i] = data[(row - start) * width + i];
}

/**
 * Reads chosen rows of several arrays at once, in the order of `indices`.
 *
 * @param perRow numbers in a row
 */
function gathered(
  indices: Int32Array,
  perRow: number,
  read: (start: number, end: number) => readonly Tensor[],
): readonly Tensor[] {
  const take = (along: number): readonly Tensor[] => {
    const pieces = piecesOf(indices, along, Math.max(1, Math.floor(MOST / perRow)));
    let all: readonly Tensor[] | undefined;
    for (const { start, end, chosen } of pieces) {
      const parts = read(start, end);
      if (pieces.length === 1 && isWhole({ start, end, chosen })) return parts;
      all ??= parts.map(({ dtype, shape: [, ...row] }) => ({
        dtype,
        shape: [indices.length, ...row],
        data: allocate(dtype, indices.length * sizeOf(row)),
      }));
      for (const [i, into] of all.entries()) scatter(parts[i], { start, end }, chosen, into);
    }
    return all ?? [];
  };
  const along = Math.floor(ALONG / perRow);
  try {
    return take(along);
  } catch (error) {
    // What nobody asked for may hold what is no number.
    if (along === 0) throw error;
    return take(0);
  }
}

/**
 * Some examples of a dataset, in the order of `indices`, as a dataset: a mini-batch, a held-out part. An index may
 * stand several times. Rows are read when they are asked for, near ones at once.
 *
 * @throws usage error `example-outside`; `no-examples` for none
 *
 * @example
 * const few = takeExamples(dataset, Int32Array.of(7, 0, 1));
 * few.batch(0, 3).y.data[0]; // the label of example 7
 */
export function takeExamples(dataset: Dataset, indices: Int32Array): Dataset {
  const outside = indices.find((index) => !(index >= 0 && index < dataset.examples));
  if (outside !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "example-outside",
      message: `${dataset.name} has no example ${outside}: there are ${dataset.examples}.`,
      hint: "Examples are counted from 0.",
    });
  if (indices.length === 0)
    throw new ThalwegError({
      kind: "usage",
      code: "no-examples",
      message: `No example of ${dataset.name} was chosen.`,
      hint: "Choose at least one, by its number from 0.",
    });
  const chosen = indices.slice();
  const perLabel = sizeOf(dataset.labels.shape);
  const perExample = dataset.inputs.reduce((sum, { shape }) => sum + sizeOf(shape), perLabel);
  return {
    ...dataset,
    examples: chosen.length,
    y: (start, end) => gathered(chosen.subarray(start, end), perLabel, (from, to) => [dataset.y(from, to)])[0],
    batch(start, end): Batch {
      const tensors = gathered(chosen.subarray(start, end), perExample, (from, to) => {
        const { inputs, y } = dataset.batch(from, to);
        return [y, ...dataset.inputs.map(({ name }) => inputs[name])];
      });
      const inputs = dataset.inputs.map(({ name }, i) => [name, tensors[i + 1]] as const);
      return { inputs: Object.fromEntries(inputs), y: tensors[0] };
    },
  };
}
