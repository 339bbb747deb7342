import { expect } from "vitest";
import { pullback } from "../../src/autodiff/pullback.ts";
import { pushforward } from "../../src/autodiff/pushforward.ts";
import { vectorize } from "../../src/autodiff/vectorize.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { GraphOptions, Value } from "../../src/graph/value.ts";
import type { Target } from "../../src/graph/emitter.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { isFloat, type FloatType, type Tensor } from "../../src/util/tensor.ts";
import { distance, expectClose, innerProduct, norm, scaleOf } from "./numbers.ts";
import { draw, inPrecision, slice, type OpCase } from "./op-case.ts";
import { compile, type Program } from "./run-values.ts";
import { expectWellFormed } from "./well-formed.ts";

/** Extent of the blocks that `vectorize` is tried on. */
const BLOCK = 3;
/** Step of the fourth-order differences; their error is about h⁴ and ε/h. */
const STEP = 1e-3;
const STENCIL = [
  [-2, 1 / 12],
  [-1, -8 / 12],
  [1, 8 / 12],
  [2, -1 / 12],
] as const;

export interface CheckOptions {
  /** The derivative is zero by definition, whatever differences say. */
  readonly heldConstant?: boolean;
  /** Off where derivatives leave something out on purpose. */
  readonly differences?: boolean;
  /** The primitive that the cases apply; with it, `evaluate` is compared with the kernel. */
  readonly primitive?: string;
  readonly seed: number;
}

/** The largest error of each claim over all cases, for reports. */
export type Errors = Record<string, number>;

/** Which inputs of a case are batched: every subset but the empty one, as bit masks. */
function masks(count: number): number[] {
  return Array.from({ length: 2 ** count - 1 }, (_, i) => i + 1);
}

/**
 * Everything that is asked of every case, as outputs of one graph: the value y; J t by both modes'
 * rules, Jᵀu; the derivative of Jᵀu along s and along t, forward over reverse and reverse over
 * reverse; and y on blocks, for every subset of blocked inputs.
 */
function assemble(
  cases: readonly OpCase[],
  precision: FloatType,
  options: GraphOptions,
): { outputs: Map<string, Value>; values: Value[] } {
  const graph = new Graph(options);
  const outputs = new Map<string, Value>();
  const values = cases.map((each, c) => {
    const types = each.inputs.map(({ dtype, shape }) => ({ dtype: isFloat(dtype) ? precision : dtype, shape }));
    const inputs = types.map(({ dtype, shape }, i) => graph.input(`${c}x${i}`, dtype, shape));
    const y = each.build(...inputs);
    outputs.set(`${c}y`, y);
    const floats = inputs.filter(({ dtype }) => isFloat(dtype));
    if (isFloat(y.dtype) && floats.length > 0) {
      const t = floats.map(({ dtype, shape }, i) => graph.input(`${c}t${i}`, dtype, shape));
      const s = floats.map(({ dtype, shape }, i) => graph.input(`${c}s${i}`, dtype, shape));
      const u = graph.input(`${c}u`, y.dtype, y.shape);
      outputs.set(`${c}Jt`, pushforward([y], floats, t)[0]);
      const pulled = pullback([y], [u], floats);
      const bySymmetry = pullback(pulled, s, floats);
      const alongS = pushforward(pulled, floats, s);
      const alongT = pushforward(pulled, floats, t);
      floats.forEach((_, i) => {
        outputs.set(`${c}Ju${i}`, pulled[i]);
        outputs.set(`${c}Hs${i}`, alongS[i]);
        outputs.set(`${c}Ht${i}`, alongT[i]);
        outputs.set(`${c}sH${i}`, bySymmetry[i]);
      });
    }
    const blocks = types.map(({ dtype, shape }, i) => graph.input(`${c}b${i}`, dtype, [BLOCK, ...shape]));
    for (const mask of masks(inputs.length)) {
      const chosen = inputs.flatMap((input, i) => (mask & (1 << i) ? [[input, blocks[i]] as const] : []));
      outputs.set(`${c}v${mask}`, vectorize([y], new Map(chosen), BLOCK)[0]);
    }
    return y;
  });
  return { outputs, values };
}

interface Run {
  readonly precision: FloatType;
  readonly portable: boolean;
  readonly simplify: boolean;
}

class Bench {
  readonly cases: readonly OpCase[];
  readonly feeds: ReadonlyMap<string, Tensor>;

  constructor(cases: readonly OpCase[], seed: number) {
    this.cases = cases;
    const feeds = new Map<string, Tensor>();
    const graph = new Graph();
    cases.forEach((each, c) => {
      const random = createRandom(seed).split(each.label);
      const normalLike = (shape: readonly number[]): Tensor =>
        draw({ dtype: "float64", shape, fill: (stream, size) => stream.normalVector(size) }, random);
      each.inputs.forEach((input, i) => {
        feeds.set(`${c}x${i}`, draw(input, random));
        feeds.set(`${c}b${i}`, draw(input, random, BLOCK));
      });
      each.inputs
        .filter(({ dtype }) => isFloat(dtype))
        .forEach(({ shape }, i) => {
          feeds.set(`${c}t${i}`, normalLike(shape));
          feeds.set(`${c}s${i}`, normalLike(shape));
        });
      const y = each.build(...each.inputs.map(({ dtype, shape }, i) => graph.input(`${c}x${i}`, dtype, shape)));
      feeds.set(`${c}u`, normalLike(y.shape));
    });
    this.feeds = feeds;
  }

  /** The names of the differentiable inputs of a case. */
  floats(c: number): string[] {
    return this.cases[c].inputs.flatMap(({ dtype }, i) => (isFloat(dtype) ? [`${c}x${i}`] : []));
  }

  async open({ precision, portable, simplify }: Run): Promise<{ program: Program; values: Value[] }> {
    const options = { simplify, inspect: expectWellFormed };
    const { outputs, values } = assemble(this.cases, precision, options);
    const target: Target = { precision, portable };
    return { program: await compile(outputs, target, options), values };
  }

  run(
    program: Program,
    precision: FloatType,
    changed: ReadonlyMap<string, Tensor> = new Map(),
  ): Promise<Map<string, Tensor>> {
    return program.run(
      new Map([...this.feeds, ...changed].map(([name, tensor]) => [name, inPrecision(tensor, precision)])),
    );
  }

  /** Central differences of every output along one of the direction sets, "t" or "s". */
  async differences(program: Program, direction: "t" | "s"): Promise<Map<string, Float64Array>> {
    const sums = new Map<string, Float64Array>();
    for (const [steps, weight] of STENCIL) {
      const moved = new Map<string, Tensor>();
      this.cases.forEach((_, c) => {
        this.floats(c).forEach((name, i) => {
          const x = this.tensor(name);
          const along = this.tensor(`${c}${direction}${i}`);
          moved.set(name, {
            ...x,
            data: Float64Array.from(x.data, (value, k) => value + steps * STEP * along.data[k]),
          });
        });
      });
      for (const [name, { data }] of await this.run(program, "float64", moved)) {
        const sum = sums.get(name) ?? new Float64Array(data.length);
        for (let k = 0; k < data.length; k++) sum[k] += (weight / STEP) * data[k];
        sums.set(name, sum);
      }
    }
    return sums;
  }

  tensor(name: string): Tensor {
    const tensor = this.feeds.get(name);
    if (!tensor) throw new RangeError(`no feed ${name}`);
    return tensor;
  }
}

/**
 * Checks every case: kernel against `evaluate`; J t against differences; ⟨J t, u⟩ = ⟨t, Jᵀu⟩; second
 * derivatives against differences, against the other order of modes, and symmetric; blocks against
 * singles; the plain graph, plain ONNX and float32 against the simplified float64 graph.
 */
export async function checkCases(cases: readonly OpCase[], options: CheckOptions): Promise<Errors> {
  const bench = new Bench(cases, options.seed);
  const errors: Errors = {};
  const close = (claim: string, what: string, a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number) => {
    errors[claim] = Math.max(errors[claim] ?? 0, distance(a, b) / scaleOf(a, b));
    expectClose(a, b, tolerance, `${claim}, ${what}`);
  };

  const { program } = await bench.open({ precision: "float64", portable: false, simplify: true });
  const results = await bench.run(program, "float64");
  const data = (name: string) => {
    const tensor = results.get(name);
    if (!tensor) throw new RangeError(`no output ${name}`);
    return tensor.data;
  };

  const plain = await bench.open({ precision: "float64", portable: false, simplify: false });
  for (const [name, tensor] of await bench.run(plain.program, "float64")) {
    close("simplified = plain", `${cases[Number.parseInt(name, 10)].label} ${name}`, data(name), tensor.data, 1e-12);
  }
  await plain.program.release();

  if (options.primitive !== undefined) {
    plain.values.forEach((value, c) => {
      expect(value.operation.name, cases[c].label).toBe(options.primitive);
      const type = { dtype: value.dtype, shape: value.shape };
      const evaluated = value.operation.evaluate?.(
        value.inputs.map((_, i) => bench.tensor(`${c}x${i}`)),
        type,
      );
      if (evaluated) {
        expect(evaluated.shape).toEqual(results.get(`${c}y`)?.shape);
        close("kernel = evaluate", cases[c].label, data(`${c}y`), evaluated.data, isFloat(value.dtype) ? 1e-14 : 0);
      }
    });
  }

  const alongT = await bench.differences(program, "t");
  const alongS = await bench.differences(program, "s");
  cases.forEach(({ label }, c) => {
    if (!results.has(`${c}Jt`)) return;
    const tangent = data(`${c}Jt`);
    const floats = bench.floats(c);
    let [right, tHs, sHt] = [0, 0, 0];
    floats.forEach((_, i) => {
      right += innerProduct(data(`${c}Ju${i}`), bench.tensor(`${c}t${i}`).data);
      tHs += innerProduct(data(`${c}Hs${i}`), bench.tensor(`${c}t${i}`).data);
      sHt += innerProduct(data(`${c}Ht${i}`), bench.tensor(`${c}s${i}`).data);
      close(
        "forward over reverse = reverse over reverse",
        `${label} input ${i}`,
        data(`${c}Hs${i}`),
        data(`${c}sH${i}`),
        1e-12,
      );
      if (options.heldConstant || options.differences === false) return;
      close(
        "second derivative = differences",
        `${label} input ${i}`,
        data(`${c}Hs${i}`),
        alongS.get(`${c}Ju${i}`) ?? [],
        1e-8,
      );
    });
    const cotangent = bench.tensor(`${c}u`).data;
    const size = 1 + norm(tangent) * norm(cotangent);
    close("adjoint identity", label, [innerProduct(tangent, cotangent) / size], [right / size], 1e-12);
    close("second derivative symmetric", label, [tHs / (1 + Math.abs(tHs))], [sHt / (1 + Math.abs(tHs))], 1e-12);
    if (options.heldConstant) close("held constant", label, tangent, new Float64Array(tangent.length), 0);
    else if (options.differences !== false)
      close("tangent = differences", label, tangent, alongT.get(`${c}y`) ?? [], 1e-8);
  });

  await checkBlocks(bench, program, results, close);
  await program.release();

  const portable = await bench.open({ precision: "float64", portable: true, simplify: true });
  for (const [name, tensor] of await bench.run(portable.program, "float64")) {
    close("portable = ours", `${cases[Number.parseInt(name, 10)].label} ${name}`, tensor.data, data(name), 1e-13);
  }
  await portable.program.release();

  for (const portable of [false, true]) {
    const single = await bench.open({ precision: "float32", portable, simplify: true });
    for (const [name, tensor] of await bench.run(single.program, "float32")) {
      close("float32 = float64", `${cases[Number.parseInt(name, 10)].label} ${name}`, tensor.data, data(name), 2e-5);
    }
    await single.program.release();
  }
  return errors;
}

type Close = (claim: string, what: string, a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number) => void;

/** Slice k of y on blocks = y on the slices k, for every subset of blocked inputs. */
async function checkBlocks(
  bench: Bench,
  program: Program,
  results: ReadonlyMap<string, Tensor>,
  close: Close,
): Promise<void> {
  const most = Math.max(...bench.cases.map(({ inputs }) => inputs.length));
  for (const mask of masks(most)) {
    for (let k = 0; k < BLOCK; k++) {
      const changed = new Map<string, Tensor>();
      bench.cases.forEach(({ inputs }, c) => {
        inputs.forEach((_, i) => {
          if (mask & (1 << i)) changed.set(`${c}x${i}`, slice(bench.tensor(`${c}b${i}`), k));
        });
      });
      const singles = await bench.run(program, "float64", changed);
      bench.cases.forEach(({ label }, c) => {
        const block = results.get(`${c}v${mask}`);
        const single = singles.get(`${c}y`);
        if (!block || !single) return;
        close(
          "block = singles",
          `${label} inputs ${mask.toString(2)} slice ${k}`,
          slice(block, k).data,
          single.data,
          1e-13,
        );
      });
    }
  }
}
