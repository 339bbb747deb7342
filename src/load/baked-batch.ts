import { ThalwegError } from "../util/thalweg-error.ts";
import type { ModelFile } from "../onnx/decode-model.ts";

/** Elements of an integer tensor that may hold a shape, and sizes that are tried. */
const SHAPE_ELEMENTS = 16;
const MOST_TRIED = 32;

/**
 * The error of a file that leaves its batch open and still takes one size only, since the exporter wrote the size of
 * its example input into a shape or a state: the size is among the numbers of the file, and it is the one with which
 * the graph can be built. Undefined where none is.
 *
 * @param batch the size that failed
 * @param cause what failed
 * @param takes whether the graph can be built for a batch of a size
 */
export function bakedBatchError(
  model: ModelFile,
  batch: number,
  cause: ThalwegError,
  takes: (size: number) => boolean,
): ThalwegError | undefined {
  const baked = sizesIn(model).find((size) => size !== batch && takes(size) && !takes(size + 1));
  if (baked === undefined) return undefined;
  return new ThalwegError({
    kind: "input",
    code: "baked-batch",
    message: `The file leaves its batch open, but can be read for batches of ${baked} and not of ${batch}: ${cause.message.replace(/\.$/, "")}.`,
    where: { ...cause.where, file: model.file },
    hint: `The exporter wrote the size of its example batch into the graph. Give --batch-size ${baked} and as many examples or a multiple (--limit), or export the model with sizes that follow its input (x.shape[0], dynamic_axes).`,
    cause,
  });
}

/** Extents and shape-like integers of the file but 1, which broadcasts to any batch: those that occur most often first. */
function sizesIn({ tensors, declared }: ModelFile): number[] {
  const counts = new Map<number, number>();
  const count = (size: unknown) => {
    if (typeof size === "number" && Number.isSafeInteger(size) && size > 1)
      counts.set(size, (counts.get(size) ?? 0) + 1);
  };
  for (const { tensor } of tensors.values()) {
    if (tensor?.dtype === "int64" && tensor.data.length <= SHAPE_ELEMENTS) tensor.data.forEach(count);
    tensor?.shape.forEach(count);
  }
  for (const { shape } of declared.values()) shape.forEach(count);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MOST_TRIED)
    .map(([size]) => size);
}
