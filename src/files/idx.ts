import type { ByteSource } from "./byte-source.ts";
import { ELEMENT_TYPES, type ElementType } from "./element-type.ts";
import { inputError } from "./input-error.ts";
import { declaredBytes, type LazyArray, regionArray } from "./lazy-array.ts";
import { DEFAULT_LIMITS, type ReadLimits } from "./read-limits.ts";

/** The third byte of the magic number, as in the MNIST files; all are big-endian. */
const TYPES = new Map<number, ElementType>([
  [0x08, ELEMENT_TYPES.uint8],
  [0x09, ELEMENT_TYPES.int8],
  [0x0b, ELEMENT_TYPES.int16],
  [0x0c, ELEMENT_TYPES.int32],
  [0x0d, ELEMENT_TYPES.float32],
  [0x0e, ELEMENT_TYPES.float64],
]);

const MAGIC_BYTES = 4;

export function isIdx(head: Uint8Array): boolean {
  return head.length >= MAGIC_BYTES && head[0] === 0 && head[1] === 0 && TYPES.has(head[2]) && head[3] > 0;
}

/**
 * The array in an IDX file, the format of MNIST (LeCun, Cortes, Burges 1998), read lazily.
 *
 * @throws ThalwegError `not-idx`, `idx-size`, `bad-shape`
 */
export function readIdx(source: ByteSource, name = "The array", limits: ReadLimits = DEFAULT_LIMITS): LazyArray {
  const where = { file: source.name, input: name };
  const head = source.read(0, Math.min(source.size, MAGIC_BYTES));
  const type = TYPES.get(head[2]);
  if (!isIdx(head) || type === undefined) {
    throw inputError(
      "not-idx",
      `${source.name} is not an IDX file: its first four bytes name no known type.`,
      where,
      "Give the original file, for example train-images-idx3-ubyte.gz.",
    );
  }
  const axes = head[3];
  const offset = MAGIC_BYTES + 4 * axes;
  const lengths = new DataView(Uint8Array.from(source.read(MAGIC_BYTES, 4 * axes)).buffer);
  const shape = Array.from({ length: axes }, (_, axis) => lengths.getUint32(4 * axis));
  const needed = offset + declaredBytes(name, source.name, type, shape);
  if (needed !== source.size) {
    throw inputError(
      "idx-size",
      `${source.name} declares shape (${shape.join(", ")}) of ${type.name}, ${needed} bytes with its header, but ${source.size} bytes are there.`,
      { ...where, shape },
      "The file is damaged or was not written to its end: download it again.",
    );
  }
  return regionArray({ name, source, offset, type, shape, littleEndian: false, fortranOrder: false }, limits);
}
