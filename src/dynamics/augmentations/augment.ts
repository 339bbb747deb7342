import type { Dataset, DatasetInput } from "../../data/dataset.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { allocate, isFloat, sizeOf, type Shape, type Tensor } from "../../util/tensor.ts";
import { type AffineMap, type ChosenAugmentation, composed } from "./augmentation.ts";

const UNMOVED: AffineMap = [1, 0, 0, 0, 1, 0];

/** What is done to the examples of a step. */
export interface Augment {
  /** The input that is moved. */
  readonly input: string;
  /** Its examples from `start` to `end` in place, each by a map of its own. */
  move(images: Tensor, start: number, end: number, random: RandomStream): void;
}

/**
 * Moves the images of a dataset, the last two axes of each example: every one by the maps that were asked for, one after the other,
 * drawn from a stream of its own. What comes from between pixels is taken linearly from the four about it, what comes from outside
 * is 0. A map by whole pixels changes no number.
 *
 * @throws usage error `nothing-to-augment`
 */
export function augmentBy(asked: readonly ChosenAugmentation[], dataset: Dataset): Augment {
  const { name, shape } = imageInput(dataset);
  const [height, width] = shape.slice(-2);
  const each = sizeOf(shape);
  const held = allocate("float64", each);
  return {
    input: name,
    move({ data }, start, end, random) {
      for (let i = start; i < end; i++) {
        const stream = random.split(String(i - start));
        const map = asked.reduce(
          (before, { augmentation: { name: what, draw }, amount }) =>
            composed(draw(amount, stream.split(what)), before),
          UNMOVED,
        );
        held.set(data.subarray(i * each, (i + 1) * each));
        for (let at = 0; at < each; at += height * width)
          move(held.subarray(at, at + height * width), data, i * each + at, [height, width], map);
      }
    },
  };
}

function move(
  from: Tensor["data"],
  to: Tensor["data"],
  at: number,
  [height, width]: Shape,
  [a, b, c, d, e, f]: AffineMap,
): void {
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const pixel = (x: number, y: number) => (x >= 0 && x < width && y >= 0 && y < height ? from[y * width + x] : 0);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [x, y] = [column - middleX, row - middleY];
      const [sourceX, sourceY] = [a * x + b * y + c + middleX, d * x + e * y + f + middleY];
      const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
      const [u, v] = [sourceX - left, sourceY - top];
      const above = (1 - u) * pixel(left, top) + u * pixel(left + 1, top);
      const below = (1 - u) * pixel(left, top + 1) + u * pixel(left + 1, top + 1);
      to[at + row * width + column] = (1 - v) * above + v * below;
    }
}

/** The input of a dataset that is an image, which its labels do not move with. */
function imageInput({ name, inputs, labels }: Dataset): DatasetInput {
  const images = inputs.filter(({ dtype, shape }) => isFloat(dtype) && shape.length >= 3);
  const why =
    images.length === 0
      ? "no input has examples of channels, height and width"
      : images.length > 1
        ? `${images.map(({ array }) => array).join(" and ")} are images, and would be moved apart`
        : labels.shape.length >= 2
          ? "its labels are images too, and would stay where they are"
          : undefined;
  if (why === undefined) return images[0];
  throw new ThalwegError({
    kind: "usage",
    code: "nothing-to-augment",
    message: `The examples of ${name} cannot be moved: ${why}.`,
    hint: "Leave --augment out.",
  });
}
