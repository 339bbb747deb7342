import { z } from "zod";
import { npzChunks, readNpz } from "../../files/npz.ts";
import { needsOutputs } from "../../instruments/gauss-newton.ts";
import { writeFileAtomically } from "../../io/write-atomically.ts";
import { openFile } from "../../io/open-file.ts";
import { dot, norm2 } from "../../linalg/vector.ts";
import type { LoadedProblem } from "../../load/load-problem.ts";
import { rehearseFile } from "../../load/rehearse-output.ts";
import { PRODUCTS } from "../../problem/products.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Tensor } from "../../util/tensor.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { formatNumber } from "../../util/format-number.ts";
import { chosen, given, MODEL } from "../arguments.ts";
import { problemFlags } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { formatCount } from "../format.ts";
import { frameOf } from "../frame.ts";
import { table } from "../layout.ts";
import { failedProofs, withProblem } from "../open-problem.ts";
import { defineVerb } from "../verb.ts";

type Arrays = [name: string, tensor: Tensor][];

/** Something that maps a vector in parameter space to arrays. */
interface Applicable {
  readonly name: string;
  readonly summary: string;
  /** Whether it works without a vector. */
  readonly standsAlone?: boolean;
  apply(
    loaded: LoadedProblem,
    vector: Float64Array,
    context: RunContext,
  ): Promise<{ flat: Float64Array; arrays: Arrays; products: number }>;
}

const APPLICABLE: readonly Applicable[] = [
  {
    name: "gradient",
    summary: "gradient of the loss",
    standsAlone: true,
    apply: async ({ problem }, _vector, context) => {
      const flat = await problem.gradient(context);
      return { flat, arrays: [...problem.space.unflatten(flat, problem.options.precision)], products: 0 };
    },
  },
  ...PRODUCTS.map((product): Applicable => ({
    name: product.name,
    summary: product.summary,
    apply: async ({ problem }, vector, context) => {
      const [flat] = await problem.product(product, [vector], context);
      return { flat, arrays: [...problem.space.unflatten(flat, problem.options.precision)], products: 1 };
    },
  })),
  {
    name: "jacobian",
    summary: "change of every output along the vector, as one array `outputs`",
    apply: async ({ problem }, vector, context) => {
      const missing = needsOutputs(problem);
      if (missing !== undefined) {
        throw new ThalwegError({
          kind: "input",
          code: "no-outputs",
          message: `There is no Jacobian of outputs: ${missing}`,
          hint: "Name the network's own output with --output, and a loss with --loss.",
        });
      }
      const flat = await problem.jacobianVector(vector, context);
      const { precision } = problem.options;
      const data = precision === "float32" ? Float32Array.from(flat) : flat;
      return {
        flat,
        arrays: [["outputs", { dtype: precision, shape: [problem.examples, ...problem.outputShape], data }]],
        products: 1,
      };
    },
  },
];

export const apply = defineVerb({
  name: "apply",
  summary: "multiply a matrix of second derivatives by a vector",
  description: `Multiply a matrix of derivatives by a vector in parameter space and write the product.\nVectors are .npz files with one array per parameter, under its ONNX name.\n\n${table(
    APPLICABLE.map(({ name, summary }) => [name, summary]),
    ["left", "left"],
  )}`,
  arguments: [
    {
      name: "MATRIX",
      description: "one of those above",
      required: true,
      choices: APPLICABLE,
    },
    MODEL,
  ],
  parameters: z.object({
    vector: z
      .string()
      .optional()
      .meta({ description: "the vector (not needed for gradient)", placeholder: "V.npz", group: "Product" }),
    out: z
      .string()
      .meta({ description: "where the product is written", placeholder: "Y.npz", short: "o", group: "Product" }),
    ...problemFlags.shape,
  }),
  examples: [
    ["thalweg apply hessian model.onnx --data data.npz --vector v.npz -o hv.npz", "H v"],
    ["thalweg apply gradient model.onnx --data data.npz -o g.npz", "the gradient"],
  ],
  run: (flags, [name, path], shell) => {
    const matrix = chosen("matrix", given(name, "MATRIX"), APPLICABLE);
    const model = given(path, "MODEL");
    const { vector: vectorPath, out } = flags;
    if (vectorPath === undefined && matrix.standsAlone !== true) {
      throw new ThalwegError({
        kind: "usage",
        code: "missing-flag",
        message: `apply ${matrix.name} needs a vector.`,
        hint: "Give --vector V.npz with one array per parameter.",
      });
    }
    rehearseFile(out);
    return withProblem(model, flags, shell, async (loaded) => {
      const { space } = loaded.problem;
      const vector = vectorPath === undefined ? new Float64Array(space.dimension) : readVector(vectorPath, loaded);
      const { flat, arrays, products } = await matrix.apply(loaded, vector, shell.context());
      writeFileAtomically(out, npzChunks(arrays));
      const absent = vectorPath === undefined;
      const result = {
        operator: matrix.name,
        vector: vectorPath ?? "none",
        output: out,
        dimension: space.dimension,
        products,
        vectorNorm: absent ? null : norm2(vector),
        norm: norm2(flat),
        quadraticForm: absent || flat.length !== vector.length ? null : dot(vector, flat),
      };
      const rows = [
        ["dimension", formatCount(result.dimension)],
        ["‖v‖", number(result.vectorNorm)],
        ["norm of the product", number(result.norm)],
        ["vᵀ · product", number(result.quadraticForm)],
        ["written to", out],
      ];
      return {
        text: `${shell.style.bold(matrix.summary)}\n${table(rows, ["left", "left"])}\n${failedProofs(loaded, shell.style)}`,
        document: { schema: "thalweg/apply@1", ...frameOf({ shell, flags, seed: 0, loaded }), result },
        exitCode: EXIT.done,
      };
    });
  },
});

function number(value: number | null): string {
  return value === null ? "n/a" : formatNumber(value, 7);
}

function readVector(path: string, { problem }: LoadedProblem): Float64Array {
  const source = openFile(path);
  try {
    const names = new Map(problem.space.tensors.map(({ name, label }) => [label, name]));
    const arrays = new Map([...readNpz(source)].map(([name, array]) => [names.get(name) ?? name, array.read()]));
    const vector = problem.space.flatten(arrays);
    const known = new Set(problem.space.tensors.map(({ name }) => name));
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
  } finally {
    source.close();
  }
}
