import { bytesSource } from "../files/byte-source.ts";
import { encodeSafetensors, readSafetensors } from "../files/safetensors.ts";
import type { FloatType, Tensor } from "../util/tensor.ts";
import type { TrainState } from "./trainer.ts";

const PIECE = 0x8000;

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
  const bytes = encodeSafetensors(tensors);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
  return btoa(pieces.join(""));
}

function decoded(text: string, precision: FloatType): Map<string, Tensor> {
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  return new Map(
    [...readSafetensors(bytesSource("a checkpoint", bytes))].map(([name, array]) => {
      const { data } = array.read();
      const { shape } = array;
      return [
        name,
        { dtype: precision, shape, data: precision === "float32" ? Float32Array.from(data) : Float64Array.from(data) },
      ];
    }),
  );
}
