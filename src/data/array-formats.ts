import type { ByteSource } from "../files/byte-source.ts";
import { readCsv } from "../files/csv.ts";
import { fileKind, type FileKindName, HEAD_BYTES } from "../files/file-kind.ts";
import { unwrapGzip } from "../files/gzip.ts";
import { readIdx } from "../files/idx.ts";
import { inputError } from "../files/input-error.ts";
import { readNpy } from "../files/npy.ts";
import { readNpzContent } from "../files/npz.ts";
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
  /** Names by which a table's column of labels is known where `label` is not given. */
  readonly labelNames?: readonly string[];
  readonly limits: ReadLimits;
}

type Reader = (source: ByteSource, options: OpenOptions) => NamedArrays;

/** How the kinds of file that can hold a dataset are read. */
const READERS: Readonly<Partial<Record<FileKindName, Reader>>> = {
  npz: (source, { limits }) => ({ ...readNpzContent(source, limits), notes: [] }),
  npy: (source, { role, limits }) => ({ arrays: new Map([[role, readNpy(source, role, limits)]]), notes: [] }),
  IDX(source, { role, limits }) {
    const array = readIdx(source, role, limits);
    if (role === "y" || array.storedAs !== "uint8" || array.shape.length < 2)
      return { arrays: new Map([[role, array]]), notes: [] };
    return {
      arrays: new Map([[role, scaled(array, 255)]]),
      notes: [`The pixels of ${source.name}, 0 to 255, were divided by 255.`],
    };
  },
  safetensors: (source, { limits }) => ({ arrays: readSafetensors(source, limits), notes: [] }),
  CSV(source, { role, label, labelNames, limits }) {
    const table = readCsv(source, { label: role === "y" ? "0" : label, labelNames }, limits);
    const { x, y, classNames } = table;
    const notes = classNames ? [describeClasses(classNames)] : [];
    if (role === "x" && label === undefined && table.column !== undefined && table.column !== "y")
      notes.push(`The column ${table.column} was taken for the labels; --label names another.`);
    if (role === "x") return { arrays: new Map([["x", x]]), labels: y, classNames, notes };
    // A file of labels is one column of them, or a row of numbers for each example.
    const onlyLabels = x.shape[1] === 0;
    if (!onlyLabels || !y) return { arrays: new Map([["y", readCsv(source, {}, limits).x]]), notes: [] };
    return { arrays: new Map([["y", y]]), classNames, notes };
  },
};

/** Endings of files that are never text. */
const BINARY_ENDINGS: readonly string[] = ["npz", "npy", "safetensors", "pt", "pth", "onnx", "h5", "pkl"];

function describeClasses(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => name.slice(0, 40));
  return `The labels ${shown.join(", ")}${names.length > shown.length ? ", …" : ""} became 0 to ${names.length - 1}.`;
}

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
  const kind = fileKind(head);
  const read = kind && READERS[kind.name];
  const [, ending = ""] = /\.(\w+)$/.exec(plain.name) ?? [];
  if (kind?.name === "CSV" && BINARY_ENDINGS.includes(ending.toLowerCase()))
    throw inputError(
      "unknown-format",
      `${source.name} holds text, but its name ends in .${ending}, as files of numbers in binary do.`,
      { file: source.name },
      "Save the arrays with numpy.savez(file, x=..., y=...); a table of text is read under a name in .csv.",
    );
  if (read) return read(plain, options);
  const known = Object.keys(READERS).join(", ");
  throw inputError(
    "unknown-format",
    kind
      ? `${source.name} is ${kind.title}, where data are expected (${known}).`
      : `${source.name} is none of the known kinds of file (${known}).`,
    { file: source.name },
    kind?.remedy ?? "Save the arrays with numpy.savez(file, x=..., y=...).",
  );
}
