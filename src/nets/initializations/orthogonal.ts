import { thinQr } from "../../linalg/thin-qr.ts";
import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

export const orthogonal: Initialization = {
  name: "orthogonal",
  summary: "rows, or columns where there are fewer, are orthonormal, uniformly at random",
  source: "Saxe 2014",
  draw({ shape }, random) {
    const [rows] = shape;
    const columns = sizeOf(shape) / rows;
    const [few, long] = rows <= columns ? [rows, columns] : [columns, rows];
    // Gram–Schmidt leaves a positive diagonal, so that the frame of normal vectors is uniform (Mezzadri 2007).
    const { q } = thinQr(Array.from({ length: few }, () => random.normalVector(long)));
    const elements = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) elements[i * columns + j] = rows <= columns ? q[i][j] : q[j][i];
    return elements;
  },
};
