import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createRandom } from "../random/random-stream.ts";
import { norm2 } from "../linalg/vector.ts";
import { walkOf } from "./coordinate-walk.ts";
import { inverseFourthRoot } from "./inverse-root.ts";
import { type Block, blockArithmetic } from "./matrix-arithmetic.ts";
import { newtonSchulz } from "./muon.ts";
import type { Objective } from "./objective.ts";
import { OPTIMIZERS } from "./registry.ts";
import { follow } from "./walk.ts";

const rows = z.array(z.array(z.number()));
const networkShape = z.object({ x: rows, y: rows, start: z.array(z.number()), shapes: rows });
const paths = z
  .object({
    networks: z.record(z.string(), networkShape),
    rows: z.array(
      z.object({
        network: z.string(),
        optimizer: z.string(),
        options: z.record(z.string(), z.number()),
        every: z.number(),
        path: rows,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../../test/optimizers/matrix-paths.json", import.meta.url), "utf8")));

const unasked = () => {
  throw new Error("not asked for");
};

/** ½ Σ ‖V tanh(Wx + b) − y‖², its gradient by hand. */
function networkOf({
  x: inputs,
  y: outputs,
  start,
  shapes: [[hiddenUnits, inputUnits]],
}: z.output<typeof networkShape>): Objective {
  const bias = hiddenUnits * inputUnits;
  const last = bias + hiddenUnits;
  return {
    dimension: start.length,
    value: unasked,
    hessianVector: unasked,
    gradient(theta, into) {
      into.fill(0);
      inputs.forEach((x, n) => {
        const hidden = Array.from({ length: hiddenUnits }, (_, h) =>
          Math.tanh(x.reduce((sum, each, k) => sum + theta[h * inputUnits + k] * each, theta[bias + h])),
        );
        const errors = outputs[n].map((y, o) =>
          hidden.reduce((sum, h, j) => sum + theta[last + o * hiddenUnits + j] * h, -y),
        );
        hidden.forEach((h, j) => {
          const back = errors.reduce((sum, e, o) => sum + e * theta[last + o * hiddenUnits + j], 0) * (1 - h * h);
          errors.forEach((e, o) => (into[last + o * hiddenUnits + j] += e * h));
          x.forEach((each, k) => (into[j * inputUnits + k] += back * each));
          into[bias + j] += back;
        });
      });
    },
  };
}

const optimizerOf = (name: string) => {
  const found = OPTIMIZERS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no optimiser ${name}`);
  return found;
};

describe("optimisers of tensors", () => {
  it.each(paths.rows.map((row) => [`${row.optimizer} ${JSON.stringify(row.options)}`, row] as const))(
    "go where their papers' formulas go in torch: %s",
    (_title, { network, optimizer, options, every, path }) => {
      const asked = paths.networks[network];
      const start = Float64Array.from(asked.start);
      const walk = walkOf(optimizerOf(optimizer).with(options), {
        start,
        random: createRandom(0),
        shapes: asked.shapes,
      });
      let step = 0;
      follow(networkOf(asked), walk, (weights) => {
        step++;
        if (step % every === 0) {
          const expected = path[step / every - 1];
          const off = weights.map((each, i) => each - expected[i]);
          expect(norm2(off)).toBeLessThan(1e-9 * norm2(weights));
        }
        return step >= every * path.length;
      });
      expect(step).toBe(every * path.length);
    },
  );

  it("take the weights of a toy as one row: Muon moves by about its unit vector", () => {
    const bowl: Objective = {
      dimension: 3,
      value: unasked,
      hessianVector: unasked,
      gradient: (x, into) => into.set(x),
    };
    const start = Float64Array.of(3, -4, 12);
    const walk = walkOf(optimizerOf("muon").with({ lr: 0.1 }), { start, random: createRandom(0) });
    follow(bowl, walk, (weights) => {
      const moved = weights.map((each, i) => start[i] - each);
      expect(norm2(moved) / 0.1).toBeGreaterThan(0.68);
      expect(norm2(moved) / 0.1).toBeLessThan(1.14);
      moved.forEach((each, i) => expect(each / norm2(moved)).toBeCloseTo(start[i] / 13, 12));
      return true;
    });
  });
});

/** U diag(σ) Vᵀ of random rotations of the plane of the first two axes, and the like. */
function withSingularValues(values: readonly number[], rows: number, columns: number): Block {
  const random = createRandom(4);
  const a = blockArithmetic;
  let matrix: Block = { shape: [rows, columns], data: new Float64Array(rows * columns) };
  values.forEach((value, i) => (matrix.data[i * columns + i] = value));
  for (const [side, n] of [
    ["left", rows],
    ["right", columns],
  ] as const)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        const angle = 6 * random.uniform();
        const turn = a.identity(n);
        turn.data[i * n + i] = turn.data[j * n + j] = Math.cos(angle);
        turn.data[i * n + j] = Math.sin(angle);
        turn.data[j * n + i] = -Math.sin(angle);
        matrix = side === "left" ? a.times(turn, matrix) : a.times(matrix, turn);
      }
  return matrix;
}

describe("functions of matrices by products alone", () => {
  it("Newton–Schulz keeps the singular vectors and brings singular values near 1", () => {
    const matrix = withSingularValues([3, 1, 0.3], 5, 3);
    const found = newtonSchulz(blockArithmetic, matrix, [5, 3], 5);
    const square = blockArithmetic.times(blockArithmetic.transposed(found), found);
    // UᵀU is diagonal in the basis of MᵀM: they commute.
    const given = blockArithmetic.times(blockArithmetic.transposed(matrix), matrix);
    const [one, other] = [blockArithmetic.times(square, given), blockArithmetic.times(given, square)];
    one.data.forEach((each, i) => expect(Math.abs(each - other.data[i])).toBeLessThan(1e-10));
    const trace = square.data[0] + square.data[4] + square.data[8];
    expect(trace).toBeGreaterThan(3 * 0.68 ** 2);
    expect(trace).toBeLessThan(3 * 1.14 ** 2);
  });

  it.each([1e2, 1e6])("the inverse fourth root of a matrix of condition %f", (condition) => {
    const half = withSingularValues([1, 0.3, condition ** -0.5], 3, 3);
    const matrix = blockArithmetic.times(half, blockArithmetic.transposed(half));
    const root = inverseFourthRoot(blockArithmetic, matrix, 3);
    const square = blockArithmetic.times(root, root);
    const unit = blockArithmetic.times(blockArithmetic.times(square, square), matrix);
    blockArithmetic
      .identity(3)
      .data.forEach((each, i) => expect(Math.abs(unit.data[i] - each)).toBeLessThan(1e-16 * 1e3 * condition));
  });
});
