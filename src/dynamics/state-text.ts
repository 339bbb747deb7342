import { bytesSource } from "../files/byte-source.ts";
import { encodeSafetensors, readSafetensors } from "../files/safetensors.ts";
import { base64Of, bytesOfBase64 } from "../util/base64.ts";
import type { FloatType, Tensor } from "../util/tensor.ts";
import type { TrainState } from "./trainer.ts";

/** A state as text that JSON can hold, bit for bit: two safetensors files in base64. */
export interface StateText {
  readonly tensors: string;
  readonly state: string;
}

export function stateText({ tensors, state }: TrainState): StateText {
  return { tensors: tensorsText(tensors), state: tensorsText(state) };
}

export function readState({ tensors, state }: StateText, precision: FloatType): TrainState {
  return { tensors: readTensors(tensors, precision), state: readTensors(state, precision) };
}

/** Tensors as text that JSON can hold, bit for bit: a safetensors file in base64. */
export function tensorsText(tensors: ReadonlyMap<string, Tensor>): string {
  return base64Of(encodeSafetensors(tensors));
}

export function readTensors(text: string, precision: FloatType): Map<string, Tensor> {
  return new Map(
    [...readSafetensors(bytesSource("a checkpoint", bytesOfBase64(text)))].map(([name, array]) => {
      const { data } = array.read();
      const { shape } = array;
      return [
        name,
        { dtype: precision, shape, data: precision === "float32" ? Float32Array.from(data) : Float64Array.from(data) },
      ];
    }),
  );
}
