import { z } from "zod";
import type { ByteSource } from "../files/byte-source.ts";
import { npzChunks, readNpz } from "../files/npz.ts";
import { dot, norm2 } from "../linalg/vector.ts";
import { DERIVATIVES } from "../problem/derivatives/registry.ts";
import type { Derivative } from "../problem/derivatives/derivative.ts";
import type { Problem } from "../problem/problem.ts";
import { applyResult } from "../result/apply-result.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { fileOf } from "../runs/output.ts";
import type { Work } from "../problem/work.ts";
import { chosen } from "../util/chosen.ts";
import { formatCount } from "../util/format-size.ts";
import { formatNumber } from "../util/format-number.ts";
import type { Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

const parameters = z.object({
  matrix: z.enum(DERIVATIVES.map(({ name }) => name)).describe("what is applied"),
  vector: z
    .string()
    .optional()
    .meta({ description: "the vector (not for derivatives without one)", placeholder: "V.npz", group: "Product" }),
});

export const apply = defineExperiment({
  name: "apply",
  summary: "multiply a matrix of second derivatives by a vector",
  description:
    "Multiply a matrix of derivatives by a vector in parameter space and write the product.\nVectors are .npz files with one array per parameter, under its ONNX name.",
  choices: DERIVATIVES,
  document: "apply",
  result: applyResult,
  arguments: [
    { name: "MATRIX", description: "one of those above", required: true, choices: DERIVATIVES, option: "matrix" },
    MODEL,
  ],
  examples: [
    ["thalweg apply hessian model.onnx --data data.npz --vector v.npz -o hv.npz", "H v"],
    ["thalweg apply gradient model.onnx --data data.npz -o g.npz", "the gradient"],
  ],
  subject: "problem",
  parameters,
  writes: fileOf("where the product is written", "Y.npz"),
  validate(options) {
    const { matrix, vector } = derivativeOf(options);
    if (vector !== undefined || !matrix.takesVector) return;
    throw new ThalwegError({
      kind: "usage",
      code: "missing-flag",
      message: `apply ${matrix.name} needs a vector.`,
      hint: "Give --vector V.npz with one array per parameter.",
    });
  },
  reads(options) {
    const { vector } = derivativeOf(options);
    return vector === undefined ? [] : [vector];
  },
  plan({ problem }, options) {
    const { matrix } = derivativeOf(options);
    const products = matrix.takesVector ? 1 : 0;
    const work: Work = matrix.takesVector
      ? { products }
      : matrix.gives === "parameters"
        ? { gradients: 1 }
        : { losses: 1 };
    return {
      noun: "product",
      steps: [{ name: matrix.name, title: matrix.summary, products, work, bytes: 0, skipped: undefined }],
      tasks: 1,
      problem,
      warnings: [],
    };
  },
  async measure({ problem }, options, desk) {
    const { matrix, vector: path } = derivativeOf(options);
    problem.requireExamplesFor(matrix);
    const vector = path === undefined ? undefined : readVector(desk.file(path), path, problem);
    const flat = await problem.point.derivative(matrix, matrix.takesVector ? vector : undefined, desk.context);
    return {
      result: {
        operator: matrix.name,
        vector: path ?? "none",
        output: desk.output,
        dimension: problem.space.dimension,
        products: matrix.takesVector ? 1 : 0,
        vectorNorm: vector ? norm2(vector) : null,
        norm: norm2(flat),
        remark: matrix.remark ?? null,
        quadraticForm: vector && matrix.gives === "parameters" ? dot(vector, flat) : null,
      },
      converged: true,
      file: npzChunks(arraysOf(matrix, flat, problem)),
    };
  },
  show: ({ operator, dimension, vectorNorm, norm, quadraticForm, output, remark }) => [
    {
      title: DERIVATIVES.find(({ name }) => name === operator)?.summary ?? operator,
      caveats: [],
      text: remark === null ? [] : [remark],
      readings: [
        { label: "dimension", value: formatCount(dimension) },
        ...(vectorNorm === null ? [] : [{ label: "‖v‖", value: number(vectorNorm) }]),
        { label: vectorNorm === null ? "norm" : "norm of the product", value: number(norm) },
        ...(quadraticForm === null ? [] : [{ label: "vᵀ · product", value: number(quadraticForm) }]),
        ...(output === null ? [] : [{ label: "written to", value: output }]),
      ],
      table: null,
    },
  ],
});

function derivativeOf(options: unknown): { readonly matrix: Derivative; readonly vector: string | undefined } {
  const { matrix, vector } = parameters.parse(options);
  return { matrix: chosen("matrix", matrix, DERIVATIVES), vector };
}

function number(value: number): string {
  return formatNumber(value, 7);
}

/** The arrays of a derivative: one for each parameter, or its rows. */
function arraysOf(
  derivative: Derivative,
  flat: Float64Array,
  { space, options, examples, outputShape }: Problem,
): [name: string, tensor: Tensor][] {
  const { precision } = options;
  if (derivative.gives === "parameters") return [...space.unflatten(flat, precision)];
  const data = precision === "float32" ? Float32Array.from(flat) : flat;
  const [name, rest] =
    derivative.gives === "outputs" ? (["outputs", outputShape] as const) : (["examples", []] as const);
  return [[name, { dtype: precision, shape: [examples, ...rest], data }]];
}

function readVector(source: ByteSource, path: string, { space }: Problem): Float64Array {
  const names = new Map(space.tensors.map(({ name, label }) => [label, name]));
  const arrays = new Map([...readNpz(source)].map(([name, array]) => [names.get(name) ?? name, array.read()]));
  const vector = space.flatten(arrays);
  const known = new Set(space.tensors.map(({ name }) => name));
  const foreign = [...arrays.keys()].find((name) => !known.has(name));
  const bad = vector.findIndex((x) => !Number.isFinite(x));
  if (foreign === undefined && bad < 0) return vector;
  throw new ThalwegError({
    kind: "input",
    code: foreign === undefined ? "not-finite" : "parameter-mismatch",
    message:
      foreign === undefined
        ? `${path} holds ${vector[bad]}: a vector must be finite.`
        : `${path} holds the array "${foreign}", which is no chosen parameter of the model.`,
    where: { file: path, parameter: foreign },
    hint: "`thalweg inspect MODEL` lists the parameters; --params chooses among them.",
  });
}
