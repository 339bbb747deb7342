import type { ByteSource } from "../files/byte-source.ts";
import { readCsv } from "../files/csv.ts";
import { fileKind, type FileKindName, HEAD_BYTES } from "../files/file-kind.ts";
import { unwrapGzip } from "../files/gzip.ts";
import { readIdx } from "../files/idx.ts";
import { inputError } from "../files/input-error.ts";
import type { LabelOptions } from "../files/label-column.ts";
import type { LabelledTable } from "../files/labelled-table.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import { readNpy } from "../files/npy.ts";
import { readNpzContent } from "../files/npz.ts";
import { readParquet } from "../files/parquet.ts";
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
  CSV(source, options) {
    const read = (asked: LabelOptions) => readCsv(source, asked, options.limits);
    return ofTable(options, read(labelOptions(options)), () => read({}).x);
  },
  Parquet(source, options) {
    const read = (asked: LabelOptions) => readParquet(source, asked, options.limits);
    const content = read(labelOptions(options));
    const notes = content.index.map((name) => `${name} of ${source.name}, the index that pandas writes, was left out.`);
    if ("arrays" in content) {
      const { arrays, labels, unreadable, classNames } = content;
      const said = classNames ? [...notes, describeClasses(classNames)] : notes;
      return { arrays, labels, unreadable, classNames, notes: said };
    }
    const { table } = content;
    const held = ofTable(options, table, () => {
      const whole = read({});
      return "table" in whole ? whole.table.x : table.x;
    });
    return { ...held, notes: [...notes, ...held.notes] };
  },
};

/** @param whole the table without a column of labels */
function ofTable(
  { role, label }: OpenOptions,
  { x, y, column, classNames }: LabelledTable,
  whole: () => LazyArray,
): NamedArrays {
  const notes = classNames ? [describeClasses(classNames)] : [];
  if (role === "x" && label === undefined && column !== undefined && column !== "y")
    notes.push(`The column ${column} was taken for the labels; --label names another.`);
  if (role === "x") return { arrays: new Map([["x", x]]), labels: y, classNames, notes };
  // A file of labels is one column of them, or a row of numbers for each example.
  const onlyLabels = x.shape[1] === 0;
  if (!onlyLabels || !y) return { arrays: new Map([["y", whole()]]), notes: [] };
  return { arrays: new Map([["y", y]]), classNames, notes };
}

/** The column of labels that is looked for; a file of labels alone has them in its first. */
/** The kinds of file that arrays are read from, by the name that people know. */
export const ARRAY_FORMATS: readonly string[] = Object.keys(READERS);

function labelOptions({ role, label, labelNames }: OpenOptions): LabelOptions {
  return { label: role === "y" ? "0" : label, labelNames };
}

/** Endings of files that are never text. */
const BINARY_ENDINGS: readonly string[] = ["npz", "npy", "safetensors", "pt", "pth", "onnx", "h5", "pkl", "parquet"];

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
  const known = ARRAY_FORMATS.join(", ");
  throw inputError(
    "unknown-format",
    kind
      ? `${source.name} is ${kind.title}, where data are expected (${known}).`
      : `${source.name} is none of the known kinds of file (${known}).`,
    { file: source.name },
    kind?.arraysRemedy ?? kind?.remedy ?? "Save the arrays with numpy.savez(file, x=..., y=...).",
  );
}
