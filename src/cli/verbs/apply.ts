import { z } from "zod";
import { npzChunks, readNpz } from "../../files/npz.ts";
import { writeFileAtomically } from "../../io/write-atomically.ts";
import { openFile } from "../../io/open-file.ts";
import { dot, norm2 } from "../../linalg/vector.ts";
import type { LoadedProblem } from "../../load/load-problem.ts";
import { rehearseFile } from "../../load/rehearse-output.ts";
import { DERIVATIVES, type Derivative } from "../../problem/derivatives.ts";
import type { Problem } from "../../problem/problem.ts";
import type { Tensor } from "../../util/tensor.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { formatNumber } from "../../util/format-number.ts";
import { given, MODEL } from "../arguments.ts";
import { chosen } from "../../util/chosen.ts";
import { problemFlags } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { formatCount } from "../format.ts";
import { frameOf } from "../frame.ts";
import { table, wrap } from "../layout.ts";
import { failedProofs, withProblem } from "../open-problem.ts";
import { defineVerb } from "../verb.ts";

type Arrays = [name: string, tensor: Tensor][];

/** The arrays of a derivative: one for each parameter, or its rows. */
function arraysOf(
  derivative: Derivative,
  flat: Float64Array,
  { space, options, examples, outputShape }: Problem,
): Arrays {
  const { precision } = options;
  if (derivative.gives === "parameters") return [...space.unflatten(flat, precision)];
  const data = precision === "float32" ? Float32Array.from(flat) : flat;
  const [name, rest] =
    derivative.gives === "outputs" ? (["outputs", outputShape] as const) : (["examples", []] as const);
  return [[name, { dtype: precision, shape: [examples, ...rest], data }]];
}

export const apply = defineVerb({
  name: "apply",
  summary: "multiply a matrix of second derivatives by a vector",
  description: `Multiply a matrix of derivatives by a vector in parameter space and write the product.\nVectors are .npz files with one array per parameter, under its ONNX name.\n\n${table(
    DERIVATIVES.map(({ name, summary }) => [name, summary]),
    ["left", "left"],
  )}`,
  arguments: [
    {
      name: "MATRIX",
      description: "one of those above",
      required: true,
      choices: DERIVATIVES,
    },
    MODEL,
  ],
  parameters: z.object({
    vector: z
      .string()
      .optional()
      .meta({ description: "the vector (not for derivatives without one)", placeholder: "V.npz", group: "Product" }),
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
    const matrix = chosen("matrix", given(name, "MATRIX"), DERIVATIVES);
    const model = given(path, "MODEL");
    const { vector: vectorPath, out } = flags;
    if (vectorPath === undefined && matrix.takesVector) {
      throw new ThalwegError({
        kind: "usage",
        code: "missing-flag",
        message: `apply ${matrix.name} needs a vector.`,
        hint: "Give --vector V.npz with one array per parameter.",
      });
    }
    rehearseFile(out);
    return withProblem(model, flags, shell, async (loaded) => {
      const { problem } = loaded;
      problem.requireExamplesFor(matrix);
      const vector = vectorPath === undefined ? undefined : readVector(vectorPath, loaded);
      const flat = await problem.point.derivative(matrix, matrix.takesVector ? vector : undefined, shell.context());
      writeFileAtomically(out, npzChunks(arraysOf(matrix, flat, problem)));
      const result = {
        operator: matrix.name,
        vector: vectorPath ?? "none",
        output: out,
        dimension: problem.space.dimension,
        products: matrix.takesVector ? 1 : 0,
        vectorNorm: vector ? norm2(vector) : null,
        norm: norm2(flat),
        remark: matrix.remark ?? null,
        quadraticForm: vector && matrix.gives === "parameters" ? dot(vector, flat) : null,
      };
      const rows = [
        ["dimension", formatCount(result.dimension)],
        ["‖v‖", number(result.vectorNorm)],
        ["norm of the product", number(result.norm)],
        ["vᵀ · product", number(result.quadraticForm)],
        ["written to", out],
      ];
      return {
        text: `${shell.style.bold(matrix.summary)}\n${table(rows, ["left", "left"])}\n${matrix.remark === undefined ? "" : `${wrap(matrix.remark)}\n`}${failedProofs(loaded, shell.style)}`,
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
