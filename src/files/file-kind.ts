import { isIdx } from "./idx.ts";
import { NPY_MAGIC } from "./npy.ts";

/** A kind of file, told by its first bytes, never by its name. */
interface KindOfFile {
  readonly name: string;
  /** With its article, for messages. */
  readonly title: string;
  matches(head: Uint8Array): boolean;
  /** What to do where a file of another kind was expected, as a sentence. */
  readonly remedy?: string;
  /** The same where arrays were expected, weights or data: how they are taken out. */
  readonly arraysRemedy?: string;
}

/** As many bytes of a file as `fileKind` looks at. */
export const HEAD_BYTES = 256;

const startsWith = (head: Uint8Array, magic: ArrayLike<number>) =>
  Array.from(magic).every((byte, i) => head[i] === byte);
const ascii = (text: string) => new TextEncoder().encode(text);
const textOf = (head: Uint8Array) => new TextDecoder("latin1").decode(head);

/** The tags of ModelProto that may follow its first field, the IR version: any but groups and fixed widths. */
const PROTO_WIRE_TYPES = [0, 2];

/** Bytes below the space that text does not hold: all but tab, line feed, form feed and carriage return. */
const isControl = (byte: number) => byte < 9 || byte === 11 || (byte > 13 && byte < 32);

const IMAGES = "Give the folder that holds a folder of images for each class.";
const TF2ONNX =
  "Convert the network: `python -m tf2onnx.convert --saved-model FOLDER --output model.onnx`, after model.export(FOLDER) in Keras.";
/** How files of torch.save began before PyTorch 1.6: a pickle of a number that stands for them. */
const OLD_PYTORCH = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/** GIF, BMP (with its size of header), TIFF, WebP. */
// oxlint-disable-next-line no-control-regex -- Files in binary begin so.
const OTHER_IMAGES = [/^GIF8[79]a/, /^BM.{12}[\x0c\x28\x38\x6c\x7c]\0\0\0/s, /^(II\*\0|MM\0\*)/, /^RIFF.{4}WEBP/s];

/** In the order in which they are tried. */
const FILE_KINDS = [
  {
    name: "safetensors",
    title: "a safetensors file",
    matches: (head) => head[8] === 0x7b && head[5] === 0 && head[6] === 0 && head[7] === 0,
  },
  {
    name: "PyTorch",
    title: "a PyTorch file",
    // A zip archive whose first entry is one of torch.save or torch.jit.save; before PyTorch 1.6 a pickle of its number.
    matches: (head) =>
      (startsWith(head, ascii("PK")) && /\/(data\.pkl|data\/|code\/|\.format_version)/.test(textOf(head))) ||
      startsWith(head, OLD_PYTORCH),
    remedy: "Export the network with torch.onnx.export; weights and arrays are read from .safetensors and .npz files.",
    arraysRemedy:
      'Two lines of Python save its tensors: `import numpy, torch; state = torch.load("FILE", map_location="cpu")` and `numpy.savez("weights.npz", **{k: (t.float() if t.dtype == torch.bfloat16 else t).detach().numpy() for k, t in state.items()})`; of a whole network, state is its .state_dict().',
  },
  {
    name: "Keras",
    title: "a Keras file",
    matches: (head) => startsWith(head, ascii("PK")) && /^.{26}.{4}(metadata|config)\.json/s.test(textOf(head)),
    remedy: TF2ONNX,
    arraysRemedy:
      'Two lines of Python save its tensors: `import keras, numpy; model = keras.saving.load_model("FILE")` and `numpy.savez("weights.npz", **{w.path: w.numpy() for w in model.weights})`.',
  },
  { name: "npz", title: "a zip archive, as .npz files are", matches: (head) => startsWith(head, ascii("PK")) },
  { name: "npy", title: "a NumPy .npy file", matches: (head) => startsWith(head, NPY_MAGIC) },
  { name: "IDX", title: "an IDX file", matches: isIdx },
  {
    name: "TensorFlow",
    title: "a TensorFlow file",
    // A SavedModel, version 1 and a graph of at least 128 bytes; or a GraphDef, which begins with a node.
    matches: (head) =>
      (startsWith(head, [8, 1, 0x12]) && head[3] >= 128) ||
      /^\n[^]{1,3}\n[^][\w./-]+[^][^](Placeholder|Const|VarHandleOp|VariableV2|NoOp)/.test(textOf(head)),
    remedy:
      "Convert it: `python -m tf2onnx.convert --saved-model FOLDER --output model.onnx`, or with --graphdef FILE --inputs … --outputs … for a frozen graph.",
  },
  {
    name: "ONNX",
    title: "an ONNX model",
    // Field 1, the IR version, a small number; then another field.
    matches: (head) => head[0] === 8 && head[1] > 0 && head[1] < 64 && PROTO_WIRE_TYPES.includes(head[2] & 7),
  },
  { name: "gzip", title: "a gzip file", matches: (head) => startsWith(head, [0x1f, 0x8b]), remedy: "Unpack it first." },
  {
    name: "Parquet",
    title: "a Parquet file",
    matches: (head) => startsWith(head, ascii("PAR1")),
  },
  {
    name: "encrypted Parquet",
    title: "an encrypted Parquet file",
    matches: (head) => startsWith(head, ascii("PARE")),
    remedy: "Write it without encryption.",
  },
  {
    name: "Arrow",
    title: "an Arrow file",
    matches: (head) => startsWith(head, ascii("ARROW1")),
    remedy:
      'Write the table as Parquet: `import pyarrow.feather, pyarrow.parquet` and `pyarrow.parquet.write_table(pyarrow.feather.read_table("FILE"), "data.parquet")`.',
  },
  {
    name: "PNG",
    title: "an image (PNG)",
    matches: (head) => startsWith(head, [0x89, 0x50, 0x4e, 0x47]),
    remedy: IMAGES,
  },
  { name: "JPEG", title: "an image (JPEG)", matches: (head) => startsWith(head, [0xff, 0xd8, 0xff]), remedy: IMAGES },
  {
    name: "image",
    title: "an image that is neither PNG nor JPEG",
    matches: (head) => OTHER_IMAGES.some((magic) => magic.test(textOf(head))),
    remedy: "Save it as PNG.",
  },
  {
    name: "HDF5",
    title: "an HDF5 file",
    matches: (head) => startsWith(head, [0x89, 0x48, 0x44, 0x46]),
    remedy: TF2ONNX,
    arraysRemedy:
      'Two lines of Python save its arrays: `import h5py, numpy; found = {}; h5py.File("FILE").visititems(lambda name, a: found.update({name: a[()]}) if isinstance(a, h5py.Dataset) else None)` and `numpy.savez("arrays.npz", **found)`.',
  },
  {
    name: "GGUF",
    title: "a GGUF file",
    matches: (head) => startsWith(head, ascii("GGUF")),
    remedy:
      "Export the network that it was made from to ONNX: GGUF holds weights, in few bits as a rule, and no graph.",
    arraysRemedy:
      'Two lines of Python save its tensors as floats: `import gguf, numpy; tensors = gguf.GGUFReader("FILE").tensors` and `numpy.savez("weights.npz", **{t.name: gguf.dequantize(t.data, t.tensor_type) for t in tensors})`.',
  },
  {
    name: "TFLite",
    title: "a TensorFlow Lite file",
    matches: (head) => textOf(head).slice(4, 8) === "TFL3",
    remedy: "Convert it: `python -m tf2onnx.convert --tflite FILE --output model.onnx`.",
  },
  {
    name: "MATLAB",
    title: "a MATLAB file",
    matches: (head) => startsWith(head, ascii("MATLAB 5.0 MAT-file")),
    arraysRemedy:
      'Two lines of Python save its arrays: `import numpy, scipy.io; found = scipy.io.loadmat("FILE")` and `numpy.savez("arrays.npz", **{k: a for k, a in found.items() if not k.startswith("__")})`.',
  },
  {
    name: "pickle",
    title: "a Python pickle",
    matches: (head) => head[0] === 0x80 && head[1] >= 2 && head[1] <= 5,
    remedy:
      "Pickles run code when they are read, so Thalweg reads none: export the network to ONNX, save arrays as .npz.",
  },
  {
    name: "git-lfs",
    title: "a pointer of git-lfs, which stands for the file",
    matches: (head) => startsWith(head, ascii("version https://git-lfs")),
    remedy: "Fetch the file itself with `git lfs pull`.",
  },
  {
    name: "HTML",
    title: "a web page, as a failed download leaves",
    matches: (head) => /^\s*<(!doctype|html|head|\?xml|!--)/i.test(textOf(head)),
    remedy: "Download the file itself, not the page that shows it.",
  },
  { name: "CSV", title: "text", matches: (head) => head.length > 0 && !head.some(isControl) },
] as const satisfies readonly KindOfFile[];

export type FileKindName = (typeof FILE_KINDS)[number]["name"];
export type FileKind = KindOfFile & { readonly name: FileKindName };

/**
 * What a file looks like; undefined for bytes of no kind that is known.
 *
 * @param head the first HEAD_BYTES bytes, or all
 * @example
 * fileKind(Uint8Array.of(0x50, 0x4b, 3, 4))?.name; // "npz"
 */
export function fileKind(head: Uint8Array): FileKind | undefined {
  return FILE_KINDS.find((kind: FileKind) => kind.matches(head));
}
