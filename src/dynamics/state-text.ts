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
  return { tensors: encoded(tensors), state: encoded(state) };
}

export function readState({ tensors, state }: StateText, precision: FloatType): TrainState {
  return { tensors: decoded(tensors, precision), state: decoded(state, precision) };
}

function encoded(tensors: ReadonlyMap<string, Tensor>): string {
  return base64Of(encodeSafetensors(tensors));
}

function decoded(text: string, precision: FloatType): Map<string, Tensor> {
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
