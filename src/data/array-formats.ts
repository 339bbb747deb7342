import type { ByteSource } from "../files/byte-source.ts";
import { readCsv } from "../files/csv.ts";
import { unwrapGzip } from "../files/gzip.ts";
import { isIdx, readIdx } from "../files/idx.ts";
import { inputError } from "../files/input-error.ts";
import { NPY_MAGIC, readNpy } from "../files/npy.ts";
import { readNpz } from "../files/npz.ts";
import type { ReadLimits } from "../files/read-limits.ts";
import { readSafetensors } from "../files/safetensors.ts";
import type { NamedArrays } from "./dataset.ts";
import { scaled } from "./scaled-array.ts";

/** What a file that holds just one array is for. */
export type Role = "x" | "y";

interface OpenOptions {
  /** The name of an array that has none in its file. */
  readonly role: Role;
  readonly label?: string;
  readonly limits: ReadLimits;
}

/** A kind of file that can hold a dataset, told by its first bytes, never by its name. */
interface ArrayFormat {
  readonly name: string;
  matches(head: Uint8Array): boolean;
  open(source: ByteSource, options: OpenOptions): NamedArrays;
}

const startsWith = (head: Uint8Array, magic: ArrayLike<number>) =>
  Array.from(magic).every((byte, i) => head[i] === byte);

const ARRAY_FORMATS: readonly ArrayFormat[] = [
  {
    name: "npz",
    matches: (head) => startsWith(head, [0x50, 0x4b]),
    open: (source, { limits }) => ({ arrays: readNpz(source, limits), notes: [] }),
  },
  {
    name: "npy",
    matches: (head) => startsWith(head, NPY_MAGIC),
    open: (source, { role, limits }) => ({
      arrays: new Map([[role, readNpy(source, role, limits)]]),
      notes: [],
    }),
  },
  {
    name: "IDX",
    matches: isIdx,
    open(source, { role, limits }) {
      const array = readIdx(source, role, limits);
      if (role === "y" || array.storedAs !== "uint8" || array.shape.length < 2)
        return { arrays: new Map([[role, array]]), notes: [] };
      return {
        arrays: new Map([[role, scaled(array, 255)]]),
        notes: [`The pixels of ${source.name}, 0 to 255, were divided by 255.`],
      };
    },
  },
  {
    name: "safetensors",
    matches: (head) => head[8] === 0x7b && head[5] === 0 && head[6] === 0 && head[7] === 0,
    open: (source, { limits }) => ({ arrays: readSafetensors(source, limits), notes: [] }),
  },
  {
    name: "CSV",
    matches: (head) => head.length > 0 && !head.includes(0),
    open(source, { role, label, limits }) {
      const table = readCsv(source, { label: role === "y" ? "0" : label }, limits);
      const onlyLabels = table.x.shape[1] === 0;
      if (role === "y" && !onlyLabels) return { arrays: new Map([["y", readCsv(source, {}, limits).x]]), notes: [] };
      const { x, y, classNames } = table;
      const arrays = new Map([...(onlyLabels ? [] : [["x", x] as const]), ...(y ? [["y", y] as const] : [])]);
      return {
        arrays,
        label: "y",
        classNames,
        notes: classNames ? [describeClasses(classNames)] : [],
      };
    },
  },
];

function describeClasses(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => name.slice(0, 40));
  return `The labels ${shown.join(", ")}${names.length > shown.length ? ", …" : ""} became 0 to ${names.length - 1}.`;
}

const HEAD_BYTES = 64;

/**
 * The arrays in a file of any known format, which may be compressed with gzip.
 *
 * @throws ThalwegError `empty-file`, `unknown-format`, and what the format's reader throws
 */
export function openArrays(source: ByteSource, options: OpenOptions): NamedArrays {
  if (source.size === 0)
    throw inputError("empty-file", `${source.name} is empty.`, { file: source.name }, "Write or download it again.");
  const plain = unwrapGzip(source, options.limits);
  const head = plain.read(0, Math.min(HEAD_BYTES, plain.size));
  const format = ARRAY_FORMATS.find((candidate) => candidate.matches(head));
  if (!format) {
    const known = ARRAY_FORMATS.map(({ name }) => name).join(", ");
    throw inputError(
      "unknown-format",
      `${source.name} is none of the known kinds of file (${known}).`,
      { file: source.name },
      "Save the arrays with numpy.savez(file, x=..., y=...).",
    );
  }
  return format.open(plain, options);
}
