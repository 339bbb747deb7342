import type { Dataset } from "../data/dataset.ts";
import { drawn, drawStream, type ExampleDraw } from "../onnx/draw.ts";
import { allocate, type FloatType, isFloat, sizeOf, type Tensor } from "../util/tensor.ts";

/**
 * The data with what a model draws for each example as further inputs. The numbers of an example follow from its own
 * inputs and the name of the draw: they are the same in whatever batch, order or part of the data it stands.
 *
 * Cost: a pass over the inputs of each batch that is read.
 */
export function withDraws<D extends Dataset>(
  dataset: D,
  draws: ReadonlyMap<string, ExampleDraw>,
  precision: FloatType,
): D {
  if (draws.size === 0) return dataset;
  return {
    ...dataset,
    inputs: [
      ...dataset.inputs,
      ...[...draws].map(([name, { shape }]) => ({ name, array: name, dtype: precision, shape })),
    ],
    batch(start: number, end: number) {
      const { inputs, y } = dataset.batch(start, end);
      const given = dataset.inputs.map(({ name }) => inputs[name]);
      const keys = Array.from({ length: end - start }, (_, example) => keyOf(given, example));
      const drawnInputs = [...draws].map(([name, { law, shape }]) => {
        const width = sizeOf(shape);
        const data = allocate(precision, keys.length * width);
        const stream = drawStream(name);
        keys.forEach((key, i) => data.set(drawn(law, stream.split(key), width), i * width));
        return [name, { dtype: precision, shape: [keys.length, ...shape], data }] as const;
      });
      return { inputs: { ...inputs, ...Object.fromEntries(drawnInputs) }, y };
    },
  };
}

/** 64 bits that tell an example from others: of its inputs as float32, so that they are those of either precision. */
function keyOf(inputs: readonly Tensor[], example: number): string {
  let [a, b] = [0x243f6a88, 0x85a308d3];
  const number = new Float64Array(1);
  const words = new Uint32Array(number.buffer);
  for (const { dtype, shape, data } of inputs) {
    const width = sizeOf(shape.slice(1));
    for (let i = example * width; i < (example + 1) * width; i++) {
      // Zeros of either sign are one number.
      number[0] = (isFloat(dtype) ? Math.fround(data[i]) : data[i]) + 0;
      for (const word of words) {
        a = Math.imul(a ^ word ^ (a >>> 15), 0x85ebca6b);
        b = Math.imul(b ^ (b >>> 13), 0xc2b2ae35) + (word ^ a);
      }
    }
  }
  return `${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`;
}
