import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataType, TensorProtoSchema } from "onnx-buf";
import type { FloatType, Shape } from "../util/tensor.ts";

export interface DefaultWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/**
 * The model with values for some of its inputs: as ONNX has it, an initialiser under the name of an
 * input is what the input is when nobody feeds it. Weights outside the model's inputs are left out.
 */
export function withDefaultWeights(
  bytes: Uint8Array,
  weights: readonly DefaultWeight[],
  precision: FloatType,
): Uint8Array<ArrayBuffer> {
  const model = fromBinary(ModelProtoSchema, bytes);
  const inputs = new Set(model.graph?.input.map(({ name }) => name));
  for (const { name, shape, data } of weights) {
    if (!inputs.has(name)) continue;
    model.graph?.initializer.push(
      create(TensorProtoSchema, {
        name,
        dims: shape.map((extent) => BigInt(extent)),
        dataType: precision === "float32" ? TensorProto_DataType.FLOAT : TensorProto_DataType.DOUBLE,
        rawData: Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      }),
    );
  }
  return toBinary(ModelProtoSchema, model);
}
