import { TensorProto_DataLocation, TensorProto_DataType as Type, type TensorProto } from "onnx-buf";
import { bfloat16Values, float16 } from "../files/half-float.ts";
import type { DType, Tensor, TensorData } from "../util/tensor.ts";
import { beyondLimits, type ImportLimits } from "./import-limits.ts";
import { intakeError } from "./intake-error.ts";
import type { StoredTensor } from "./onnx-node.ts";
import { safeLocation } from "./safe-location.ts";

/** Reads bytes of a file beside the model; the location has been checked to stay in its folder. */
export type ExternalReader = (location: string, offset: number, length: number | undefined) => Uint8Array;

interface Encoding {
  readonly name: string;
  readonly bytes: number;
  readonly dtype: DType;
  /** The elements of little-endian bytes. */
  readonly raw: (bytes: Uint8Array, count: number) => TensorData;
  /** The elements of the typed field that the format assigns to this type. */
  readonly field: (proto: TensorProto) => ArrayLike<number | bigint>;
  /** Turns an element of the typed field into a number. */
  readonly element?: (value: number) => number;
}

type ViewConstructor<V> = {
  new (buffer: ArrayBufferLike, offset: number, length: number): V;
  readonly BYTES_PER_ELEMENT: number;
};

/** A typed view of the bytes; copies them only where they are not aligned. */
function view<V>(make: ViewConstructor<V>, bytes: Uint8Array, count: number): V {
  const aligned = bytes.byteOffset % make.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new make(aligned.buffer, aligned.byteOffset, count);
}

function wide(make: ViewConstructor<ArrayLike<number | bigint>>) {
  return (bytes: Uint8Array, count: number) => {
    const words = view(make, bytes, count);
    const data = new Float64Array(count);
    for (let i = 0; i < count; i++) data[i] = Number(words[i]);
    return data;
  };
}

/** The largest finite float16; a bit pattern in int32_data may carry more than 16 bits. */
const LOW_16 = 0xffff;

const int32 = (proto: TensorProto) => proto.int32Data;

function integer(
  name: string,
  bytes: number,
  make: ViewConstructor<ArrayLike<number | bigint>>,
  field: Encoding["field"] = int32,
): Encoding {
  return { name, bytes, dtype: "int64", raw: wide(make), field };
}

const ENCODINGS = new Map<number, Encoding>([
  [
    Type.FLOAT,
    { name: "float32", bytes: 4, dtype: "float32", raw: (b, n) => view(Float32Array, b, n), field: (p) => p.floatData },
  ],
  [
    Type.DOUBLE,
    {
      name: "float64",
      bytes: 8,
      dtype: "float64",
      raw: (b, n) => view(Float64Array, b, n),
      field: (p) => p.doubleData,
    },
  ],
  [
    Type.FLOAT16,
    {
      name: "float16",
      bytes: 2,
      dtype: "float32",
      raw: (b, n) => Float32Array.from(view(Uint16Array, b, n), float16),
      field: int32,
      element: (bits) => float16(bits & LOW_16),
    },
  ],
  [
    Type.BFLOAT16,
    {
      name: "bfloat16",
      bytes: 2,
      dtype: "float32",
      raw: (b, n) => bfloat16Values(view(Uint16Array, b, n)),
      field: int32,
      element: (bits) => bfloat16Values(Uint16Array.of(bits & LOW_16))[0],
    },
  ],
  [
    Type.BOOL,
    {
      name: "bool",
      bytes: 1,
      dtype: "bool",
      raw: (b, n) => Uint8Array.from(b.subarray(0, n), (each) => Number(each !== 0)),
      field: int32,
      element: (each) => Number(each !== 0),
    },
  ],
  [Type.INT64, integer("int64", 8, BigInt64Array, (p) => p.int64Data)],
  [Type.UINT64, integer("uint64", 8, BigUint64Array, (p) => p.uint64Data)],
  [Type.UINT32, integer("uint32", 4, Uint32Array, (p) => p.uint64Data)],
  [Type.INT32, integer("int32", 4, Int32Array)],
  [Type.INT16, integer("int16", 2, Int16Array)],
  [Type.UINT16, integer("uint16", 2, Uint16Array)],
  [Type.INT8, integer("int8", 1, Int8Array)],
  [Type.UINT8, integer("uint8", 1, Uint8Array)],
]);

/** The promoted element type of an ONNX type number, when it has one. */
export function dtypeOf(elementType: number): DType | undefined {
  return ENCODINGS.get(elementType)?.dtype;
}

/** The name of an ONNX element type number. */
export function elementTypeName(elementType: number): string {
  return ENCODINGS.get(elementType)?.name ?? Type[elementType]?.toLowerCase() ?? `type ${elementType}`;
}

/** How much a file may make us allocate; counted over all its tensors. */
export interface ByteBudget {
  left: number;
  readonly limits: ImportLimits;
}

/**
 * Decodes a tensor in any of its encodings. The number of elements is checked against the bytes that
 * are there before anything is allocated, so that absurd dimensions cost nothing.
 */
export function decodeTensor(
  proto: TensorProto,
  external: ExternalReader | undefined,
  budget: ByteBudget,
): StoredTensor {
  const { name } = proto;
  const label = name === "" ? "A tensor" : `Tensor ${name}`;
  const where = { input: name };
  const encoding = ENCODINGS.get(proto.dataType);
  if (!encoding) return { name, tensor: undefined, storedAs: elementTypeName(proto.dataType) };
  if (proto.segment)
    throw intakeError("segmented-tensor", `${label} is stored in segments, which no ONNX runtime reads.`, where);

  const shape = proto.dims.map(Number);
  let count = 1;
  for (const extent of shape) {
    if (!(extent >= 0)) throw intakeError("bad-dimensions", `${label} has the negative extent ${extent}.`, where);
    count *= extent;
  }
  if (!(count * 8 <= Number.MAX_SAFE_INTEGER)) {
    throw intakeError(
      "bad-dimensions",
      `${label} claims the shape [${shape.join(", ")}], more elements than any memory holds.`,
      where,
    );
  }
  const raw =
    proto.dataLocation === TensorProto_DataLocation.EXTERNAL
      ? externalBytes(proto, label, count * encoding.bytes, external)
      : proto.rawData.length > 0
        ? proto.rawData
        : undefined;
  const typed = raw ? undefined : encoding.field(proto);
  const found = raw ? raw.byteLength / encoding.bytes : (typed?.length ?? 0);
  if (found !== count) {
    throw intakeError(
      "tensor-size",
      `${label} of shape [${shape.join(", ")}] needs ${count} ${encoding.name} elements, but the file holds ${found}.`,
      where,
      "The file is damaged or cut off: export it again.",
    );
  }
  budget.left -= count * 8;
  if (budget.left < 0) {
    const what = `takes the tensors of the model over ${budget.limits.bytes} bytes of memory`;
    throw beyondLimits(budget.limits, "too-large", { place: label, what, where });
  }
  const tensor = raw
    ? { dtype: encoding.dtype, shape, data: encoding.raw(raw, count) }
    : { dtype: encoding.dtype, shape, data: fromField(encoding, typed ?? [], count) };
  return { name, tensor, storedAs: encoding.name };
}

function fromField({ dtype, element }: Encoding, field: ArrayLike<number | bigint>, count: number): TensorData {
  const data: TensorData =
    dtype === "float32" ? new Float32Array(count) : dtype === "bool" ? new Uint8Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const value = Number(field[i]);
    data[i] = element ? element(value) : value;
  }
  return data;
}

function externalBytes(
  proto: TensorProto,
  label: string,
  bytes: number,
  external: ExternalReader | undefined,
): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  if (entries.size < proto.externalData.length) {
    throw intakeError("bad-external-data", `${label} has external data with a key that is given twice.`, {
      input: proto.name,
    });
  }
  const location = safeLocation(entries.get("location") ?? "");
  const where = { input: proto.name };
  const numberOf = (key: string) => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
      throw intakeError(
        "bad-external-data",
        `${label} has external data with the ${key} ${JSON.stringify(text.slice(0, 40))}.`,
        where,
      );
    }
    return value;
  };
  const offset = numberOf("offset") ?? 0;
  const length = numberOf("length");
  if (length !== undefined && length !== bytes) {
    throw intakeError("tensor-size", `${label} needs ${bytes} bytes, but its external data has ${length}.`, where);
  }
  if (!external) {
    throw intakeError(
      "external-data",
      `${label} keeps its data in ${JSON.stringify(location)}, beside the model.`,
      where,
      "Open the model by its path, so that files beside it can be read.",
    );
  }
  const found = external(location, offset, bytes);
  if (found.byteLength < bytes) {
    throw intakeError(
      "tensor-size",
      `${label} needs ${bytes} bytes of ${JSON.stringify(location)}, which has only ${found.byteLength} there.`,
      where,
    );
  }
  return found.subarray(0, bytes);
}

/** Converts to another float type; integers and truth values stay as they are. */
export function toPrecision(tensor: Tensor, precision: "float32" | "float64"): Tensor {
  if (tensor.dtype === precision || (tensor.dtype !== "float32" && tensor.dtype !== "float64")) return tensor;
  const data = precision === "float32" ? Float32Array.from(tensor.data) : Float64Array.from(tensor.data);
  return { dtype: precision, shape: tensor.shape, data };
}
