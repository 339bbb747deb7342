import type { ByteSource } from "../files/byte-source.ts";
import type { DecodedImage, ImageHeader } from "../files/image-fault.ts";
import { imageHeader, readImage } from "../files/image.ts";
import { inputError } from "../files/input-error.ts";
import { type LazyArray, tensorArray } from "../files/lazy-array.ts";
import { formatCounted } from "../util/format-size.ts";
import { type Shape, tensor } from "../util/tensor.ts";
import type { DatasetOptions, NamedArrays } from "./dataset.ts";

/** The images of one class. */
export interface ImageClass {
  readonly name: string;
  readonly images: readonly ByteSource[];
}

/** Images that were decoded are kept up to this size; beyond, they are decoded whenever they are asked for. */
const KEPT_BYTES = 2 ** 30;

/**
 * Images by class as arrays: x [images, channels, height, width] in float32, 0 black to 1 white (bytes ÷ 255, 16 bits
 * ÷ 65535), y the number of the class. Where the model's only input has the channels last, x has, too.
 *
 * All have one size. Where some are grey and others coloured, the grey ones have three equal colours. Alpha is left out
 * where it is opaque, and refused where it is not: what lies behind is not known. Orientations that cameras note, profiles
 * of colours and gamma are not applied, as the loaders of frameworks do not apply them.
 *
 * Cost: headers now; each image is decoded when it is asked for, and kept as bytes up to 1 GiB of all.
 *
 * @param leftOut files beside the images, to be named
 * @throws ThalwegError `image-sizes`, `bad-image`; at a read `image-alpha`
 */
export function imageArrays(
  folder: string,
  classes: readonly ImageClass[],
  leftOut: readonly string[],
  { inputs, limits }: Pick<DatasetOptions, "inputs" | "limits">,
): NamedArrays {
  const sources = classes.flatMap(({ images }) => images);
  const headers = sources.map(imageHeader);
  const [first] = headers;
  const other = headers.findIndex(({ width, height }) => width !== first.width || height !== first.height);
  if (other >= 0) throw differentSizes(folder, sources, headers, other);
  const channels = headers.some((header) => header.channels > 2) ? 3 : 1;
  const asked = inputs?.length === 1 ? inputs[0].shape : undefined;
  const isLast = asked?.length === 4 && asked[3] === channels && asked[1] !== channels;
  const { width, height } = first;
  const shape = isLast ? [height, width, channels] : [channels, height, width];
  const x = imageArray(folder, sources, shape, channels, isLast, limits?.maxBytes ?? Infinity);
  const labels = Float64Array.from(classes.flatMap(({ images }, number) => images.map(() => number)));
  const names = classes.map(({ name }) => name);
  return {
    arrays: new Map([["x", x]]),
    labels: tensorArray("y", folder, "int64", tensor("int64", [labels.length], labels)),
    classNames: names,
    notes: notesOn(folder, sources.length, names, headers, channels, isLast, leftOut),
  };
}

function imageArray(
  file: string,
  sources: readonly ByteSource[],
  shape: Shape,
  channels: number,
  isLast: boolean,
  maxBytes: number,
): LazyArray {
  const pixels = shape.reduce((product, extent) => product * extent, 1) / channels;
  const width = pixels * channels;
  const kept = new Map<number, Pick<DecodedImage, "data" | "white">>();
  let bytes = 0;
  const imageAt = (i: number) => {
    const held = kept.get(i);
    if (held) return held;
    const image = withChannels(sources[i], readImage(sources[i]), channels);
    if (bytes + image.data.byteLength <= KEPT_BYTES) {
      kept.set(i, image);
      bytes += image.data.byteLength;
    }
    return image;
  };
  const rows = (start: number, end: number) => {
    if (4 * width * (end - start) > maxBytes)
      throw inputError(
        "array-too-large",
        `Reading ${end - start} images of ${file} would take ${4 * width * (end - start)} bytes of memory; the limit is ${maxBytes}.`,
        { file },
        "Read fewer at a time: lower the batch size or the limit on examples.",
      );
    const out = new Float32Array(width * (end - start));
    for (let i = start; i < end; i++) {
      const { data, white } = imageAt(i);
      const at = (i - start) * width;
      for (let k = 0; k < channels; k++)
        for (let p = 0; p < pixels; p++) {
          const from = p * channels + k;
          out[at + (isLast ? from : k * pixels + p)] = data[from] / white;
        }
    }
    return tensor("float32", [end - start, ...shape], out);
  };
  return {
    name: "x",
    file,
    dtype: "float32",
    storedAs: "float32",
    shape: [sources.length, ...shape],
    rows,
    read: () => rows(0, sources.length),
  };
}

/** The image without alpha, grey or in three colours. */
function withChannels(
  { name }: ByteSource,
  image: DecodedImage,
  channels: number,
): Pick<DecodedImage, "data" | "white"> {
  const { data, white, channels: stored } = image;
  const colours = stored > 2 ? 3 : 1;
  if (colours < stored) {
    for (let i = colours; i < data.length; i += stored) if (data[i] !== white) throw notOpaque(name);
  }
  if (stored === channels) return image;
  const pixels = data.length / stored;
  const out = data instanceof Uint16Array ? new Uint16Array(pixels * channels) : new Uint8Array(pixels * channels);
  for (let p = 0; p < pixels; p++)
    for (let k = 0; k < channels; k++) out[p * channels + k] = data[p * stored + (colours === 1 ? 0 : k)];
  return { data: out, white };
}

function notesOn(
  folder: string,
  count: number,
  names: readonly string[],
  headers: readonly ImageHeader[],
  channels: number,
  isLast: boolean,
  leftOut: readonly string[],
): string[] {
  const shown = (list: readonly string[]) =>
    list
      .slice(0, 10)
      .map((name) => name.slice(0, 40))
      .join(", ") + (list.length > 10 ? ", …" : "");
  const grey = headers.filter((header) => header.channels < 3).length;
  const turned = headers.filter(({ orientation }) => orientation !== 1).length;
  const layout = isLast ? "height, width, channels" : "channels, height, width";
  const scaled = `The pixels of the ${formatCounted(count, "image")} of ${folder} were divided by what is white in them, 255 or 65535, and lie as ${layout}.`;
  const classes = `The folders ${shown(names)} became the classes 0 to ${names.length - 1}.`;
  const spread = `${formatCounted(grey, "grey image")} of ${folder} got three equal colours, as the others have three.`;
  const held = `${formatCounted(turned, "image")} of ${folder}, by the mark of the camera to be turned, ${turned === 1 ? "was" : "were"} taken as stored.`;
  const others = `${folder} holds ${shown(leftOut)} too, no images, which nothing reads.`;
  return [
    scaled,
    classes,
    ...(channels === 3 && grey > 0 ? [spread] : []),
    ...(turned > 0 ? [held] : []),
    ...(leftOut.length > 0 ? [others] : []),
  ];
}

function differentSizes(
  folder: string,
  sources: readonly ByteSource[],
  headers: readonly ImageHeader[],
  other: number,
) {
  const shown = (i: number) => `${sources[i].name} ${headers[i].width} × ${headers[i].height}`;
  return inputError(
    "image-sizes",
    `The images of ${folder} are not all of one size: ${shown(0)}, ${shown(other)}.`,
    { file: sources[other].name },
    "Resize and cut them as in training before, and save the results as PNG.",
  );
}

function notOpaque(file: string) {
  return inputError(
    "image-alpha",
    `${file} is transparent in places, and what lies behind it is not known.`,
    { file },
    "Lay it on a background, as in training, and save it without alpha.",
  );
}
