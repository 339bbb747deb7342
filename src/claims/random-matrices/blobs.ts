import type { RandomStream } from "../../random/random-stream.ts";
import { type Examples, rows } from "../open-net.ts";
import { hypotOf } from "../../util/extremes.ts";

/** Classes of as many examples each, normal around centres. */
interface Blobs {
  readonly classes: number;
  /** Examples of a class. */
  readonly each: number;
  readonly inputs: number;
  /** Distance of the centres from 0, the deviation of the examples along an axis being 1. */
  readonly apart: number;
}

/** Examples in blobs, one class after the other; the centres lie in random directions. */
export function blobs({ classes, each, inputs, apart }: Blobs, random: RandomStream): Examples {
  const x = new Float64Array(classes * each * inputs);
  const y = new Float64Array(classes * each);
  for (let c = 0; c < classes; c++) {
    const centre = random.normalVector(inputs);
    const length = hypotOf(centre);
    for (let i = c * each; i < (c + 1) * each; i++) {
      y[i] = c;
      for (let k = 0; k < inputs; k++) x[i * inputs + k] = (apart * centre[k]) / length + random.normal();
    }
  }
  return { x: rows(x, inputs), y: { dtype: "int64", shape: [classes * each], data: y } };
}
