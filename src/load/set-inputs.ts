import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataType as Type, TensorProtoSchema, type ValueInfoProto } from "onnx-buf";
import { elementTypeName } from "../onnx/decode-tensor.ts";
import { listOf } from "../onnx/intake-error.ts";
import { sizeOf } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** How the numbers of an element type are stored. */
const ELEMENTS: Readonly<Partial<Record<number, (count: number, value: number) => ArrayBuffer>>> = {
  [Type.FLOAT]: (count, value) => new Float32Array(count).fill(value).buffer,
  [Type.DOUBLE]: (count, value) => new Float64Array(count).fill(value).buffer,
  [Type.INT32]: (count, value) => new Int32Array(count).fill(value).buffer,
  [Type.INT64]: (count, value) => new BigInt64Array(count).fill(BigInt(value)).buffer,
  [Type.BOOL]: (count, value) => new Uint8Array(count).fill(value).buffer,
};

/** As a plain number: that is how the format holds it. */
const BOOL: number = Type.BOOL;

/** Types whose numbers are whole. */
const WHOLE = new Set<number>([Type.INT32, Type.INT64, BOOL]);

/**
 * A model file in which some inputs are constants: what they are asked to be, in every element. The file is then one without these
 * inputs, wherever it is read or run.
 *
 * @param settings `NAME=VALUE` each; truth values are 0 and 1, or false and true
 * @throws usage errors `bad-setting`, `unknown-input`
 */
export function setInputs(bytes: Uint8Array, settings: readonly string[], file: string): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  if (!graph) return bytes;
  const stored = new Set(graph.initializer.map(({ name }) => name));
  for (const setting of settings) {
    const at = setting.lastIndexOf("=");
    const name = setting.slice(0, Math.max(at, 0));
    const inputs = graph.input.filter((each) => !stored.has(each.name));
    const input = inputs.find((each) => each.name === name);
    if (at < 1) throw badSetting(setting, "is no NAME=VALUE", file);
    if (!input)
      throw new ThalwegError({
        kind: "usage",
        code: "unknown-input",
        message: `The model has no input ${name} to set.`,
        where: { file },
        hint: `Its inputs are ${listOf(inputs.map((each) => each.name))}.`,
      });
    const { shape, elementType } = typeOf(input, setting, file);
    const rawData = new Uint8Array(elementsOf(setting, setting.slice(at + 1), elementType, sizeOf(shape), file));
    graph.initializer.push(
      create(TensorProtoSchema, { name, dataType: elementType, dims: shape.map(BigInt), rawData }),
    );
    graph.input = graph.input.filter((each) => each !== input);
  }
  return toBinary(ModelProtoSchema, model);
}

function typeOf({ type }: ValueInfoProto, setting: string, file: string): { shape: number[]; elementType: number } {
  const tensor = type?.value.case === "tensorType" ? type.value.value : undefined;
  const shape = tensor?.shape?.dim.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : Number.NaN));
  if (!tensor || !shape || !shape.every((extent) => extent >= 0))
    throw badSetting(setting, "is about an input whose shape the file leaves open", file);
  return { shape, elementType: tensor.elemType };
}

function elementsOf(setting: string, text: string, type: number, count: number, file: string): ArrayBuffer {
  const make = ELEMENTS[type];
  if (!make) throw badSetting(setting, `is about an input of ${elementTypeName(type)}, which cannot be set`, file);
  const value = text === "true" ? 1 : text === "false" ? 0 : Number(text);
  const isNumber = text.trim() !== "" && !Number.isNaN(value);
  const fits = !WHOLE.has(type) || (Number.isSafeInteger(value) && (type !== BOOL || value === 0 || value === 1));
  if (!isNumber || !fits) throw badSetting(setting, `gives no number of the type ${elementTypeName(type)}`, file);
  return make(count, value);
}

function badSetting(setting: string, what: string, file: string): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "bad-setting",
    message: `--set ${setting} ${what}.`,
    where: { file },
    hint: "Give an input of the model that is the same for all examples, and its number: --set training=0.",
  });
}
