import { z } from "zod";
import {
  gradient as gradientOf,
  hessianVector as hessianVectorOf,
  sandwich as sandwichOf,
} from "../autodiff/products.ts";
import { pullback as pullbackOf } from "../autodiff/pullback.ts";
import { pushforward as pushforwardOf } from "../autodiff/pushforward.ts";
import { vectorize as vectorizeOf } from "../autodiff/vectorize.ts";
import type { Target } from "../graph/emitter.ts";
import { Graph } from "../graph/graph.ts";
import type { GraphOptions, Value } from "../graph/value.ts";
import { decodeModel as decode, type DecodeOptions, type ModelFile } from "../onnx/decode-model.ts";
import { lowerGraph as lower } from "../onnx/emit-lower.ts";
import { emitModel as emit, type EmittedModel } from "../onnx/emit-model.ts";
import { type ImportedGraph, importGraph as importInto } from "../onnx/import-graph.ts";
import type { ImportOptions } from "../onnx/import-options.ts";
import { readOptions } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";
import {
  allocate,
  DTYPES,
  sizeOf,
  type DType,
  type Shape,
  tensor as made,
  type Tensor,
  type TensorData,
} from "../util/tensor.ts";
import { aFunction, asMany, extents, named, precision, scalar, value, values } from "./graph-arguments.ts";

/**
 * ∂L/∂θ for each parameter tensor. Cost: about three forward passes.
 *
 * @throws usage error `bad-argument`; input error where an operation has no derivative
 */
export function gradient(loss: Value, parameters: readonly Value[]): Value[] {
  requireArgument("loss", "gradient", scalar, loss);
  requireArgument("parameters", "gradient", values, parameters);
  return gradientOf(loss, parameters);
}

/**
 * H v = d/dt ∇L(θ + t v), forward over reverse (Pearlmutter 1994), for each parameter tensor. Cost: about two gradients.
 *
 * @throws usage error `bad-argument`; input error where an operation has no derivative
 */
export function hessianVector(loss: Value, parameters: readonly Value[], vectors: readonly Value[]): Value[] {
  requireArgument("loss", "hessianVector", scalar, loss);
  requireArgument("parameters", "hessianVector", values, parameters);
  requireArgument("vectors", "hessianVector", asMany(parameters, "parameters"), vectors);
  return hessianVectorOf(loss, parameters, vectors);
}

/**
 * Jᵀ M J v for outputs z(θ), where `curvature` turns ż = J v into M ż: with the Hessian of the loss in z, the Gauss–Newton
 * product (Schraudolph 2002).
 *
 * @throws usage error `bad-argument`; input error where an operation has no derivative
 */
export function sandwich(
  outputs: Value,
  parameters: readonly Value[],
  vectors: readonly Value[],
  curvature: (tangent: Value) => Value,
): Value[] {
  requireArgument("outputs", "sandwich", value, outputs);
  requireArgument("parameters", "sandwich", values, parameters);
  requireArgument("vectors", "sandwich", asMany(parameters, "parameters"), vectors);
  requireArgument("curvature", "sandwich", aFunction, curvature);
  return sandwichOf(outputs, parameters, vectors, (tangent) => {
    const curved = curvature(tangent);
    requireArgument("result of the curvature", "sandwich", value, curved);
    return curved;
  });
}

/**
 * Reverse mode: Σᵢ (∂yᵢ/∂xⱼ)ᵀ ȳᵢ for each xⱼ of `wrt`, any values of the graph; zeros where y does not depend on x. Cost:
 * a small multiple of that of y, once for all xⱼ (Linnainmaa 1970).
 *
 * @throws usage error `bad-argument`; input error where an operation has no derivative
 */
export function pullback(outputs: readonly Value[], cotangents: readonly Value[], wrt: readonly Value[]): Value[] {
  requireArgument("outputs", "pullback", values, outputs);
  requireArgument("cotangents", "pullback", asMany(outputs, "outputs"), cotangents);
  requireArgument("wrt", "pullback", values, wrt);
  return pullbackOf(outputs, cotangents, wrt);
}

/**
 * Forward mode: Σⱼ (∂yᵢ/∂xⱼ) ẋⱼ for each output yᵢ; what lies before the xⱼ counts as constant. Cost: about that of y
 * again (Wengert 1964).
 *
 * @throws usage error `bad-argument`; input error where an operation has no derivative
 */
export function pushforward(outputs: readonly Value[], wrt: readonly Value[], tangents: readonly Value[]): Value[] {
  requireArgument("outputs", "pushforward", values, outputs);
  requireArgument("wrt", "pushforward", values, wrt);
  requireArgument("tangents", "pushforward", asMany(wrt, "values of wrt"), tangents);
  return pushforwardOf(outputs, wrt, tangents);
}

/**
 * The outputs for a whole block of inputs at once: each value of `blocks` is replaced by one with a leading axis of
 * extent `size`, and every output carries that axis. What does not depend on a block is computed once for all of it.
 *
 * @throws usage error `bad-argument`
 */
export function vectorize(outputs: readonly Value[], blocks: ReadonlyMap<Value, Value>, size: number): Value[] {
  requireArgument("outputs", "vectorize", values, outputs);
  requireArgument("size", "vectorize", z.int().min(1), size);
  requireArgument("blocks", "vectorize", z.map(value, value), blocks);
  for (const [single, block] of blocks)
    requireArgument(
      "blocks",
      "vectorize",
      z.literal(typeOf(single, [size, ...single.shape]), {
        error: "it must have the type of what it replaces, with `size` first",
      }),
      typeOf(block, block.shape),
    );
  return vectorizeOf(outputs, blocks, size);
}

function typeOf({ dtype }: Value, shape: Shape): string {
  return `${dtype} [${shape.join(", ")}]`;
}

const decodeOptions = z.object({
  file: z.string(),
  external: aFunction.optional(),
  limit: z.number().min(1).optional(),
} satisfies { [Name in keyof Required<DecodeOptions>]: z.ZodType });

/**
 * Reads an ONNX file. Everything that can be wrong with it, short of shapes and operators, is found here and thrown as
 * one error.
 *
 * @throws usage error `bad-argument`, and those of options; input error for what is no whole ONNX file
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions): ModelFile {
  requireArgument("bytes", "decodeModel", z.instanceof(Uint8Array, { error: "it must be a Uint8Array" }), bytes);
  return decode(bytes, readOptions("decodeModel", decodeOptions, options));
}

const targetMembers = z.object({
  precision,
  portable: z.boolean(),
  device: z.literal("webgpu").optional(),
  blockSize: z.int().min(1).optional(),
} satisfies { [Name in keyof Required<Target>]: z.ZodType });

const graphOptions = z.object({ simplify: z.boolean().optional(), inspect: aFunction.optional() } satisfies {
  [Name in keyof Required<GraphOptions>]: z.ZodType;
});

/**
 * Rewrites the outputs, in a new graph, with operations that have kernels on the target; shared parts stay shared.
 *
 * @throws usage error `bad-argument`
 */
export function lowerGraph(outputs: readonly Value[], target: Target, options: GraphOptions = {}): Value[] {
  requireArgument("outputs", "lowerGraph", values, outputs);
  requireArgument("target", "lowerGraph", targetMembers, target);
  return lower(outputs, target, readOptions("lowerGraph", graphOptions, options));
}

/**
 * Writes values as an ONNX model of opset 18. Inputs of the graph become inputs of the file, constants become
 * initialisers; only what the outputs need is written.
 *
 * @throws usage error `bad-argument`
 */
export function emitModel(outputs: ReadonlyMap<string, Value>, target: Target, description = ""): EmittedModel {
  requireArgument("outputs", "emitModel", named.min(1), outputs);
  requireArgument("target", "emitModel", targetMembers, target);
  requireArgument("description", "emitModel", z.string(), description);
  return emit(outputs, target, { description });
}

const importOptions = z.object({
  precision,
  batch: z.int().min(1),
  dimensions: z.record(z.string(), z.int().min(0)).optional(),
  inputShapes: z.record(z.string(), extents).optional(),
  examplesAxes: z.map(z.string(), z.int().min(0)).optional(),
  freeze: z.array(z.string()).optional(),
  parameters: z.array(z.string()).optional(),
  rules: aFunction.optional(),
  standIn: aFunction.optional(),
  inputName: aFunction.optional(),
  draws: z.map(z.string(), z.object({ axis: z.int().min(0), shape: extents })).optional(),
  batchNormalization: z.enum(["inference", "training"]).optional(),
} satisfies { [Name in keyof Required<ImportOptions>]: z.ZodType });

const modelArgument = z.looseObject({
  file: z.string(),
  graph: z.looseObject({}),
  tensors: z.map(z.string(), z.unknown()),
});

/**
 * Writes a decoded model into a graph, with every axis bound. Parameters and model inputs enter as graph inputs under
 * their names, everything else as constants; operators are decomposed into the primitives; shape arithmetic folds away.
 *
 * @throws usage error `bad-argument`, and those of options; input error for shapes and operators that cannot be imported
 */
export function importGraph(model: ModelFile, graph: Graph, options: ImportOptions): ImportedGraph {
  requireArgument("model", "importGraph", modelArgument, model);
  requireArgument("graph", "importGraph", z.instanceof(Graph, { error: "it must be a Graph" }), graph);
  return importInto(model, graph, readOptions("importGraph", importOptions, options));
}

/**
 * Wraps data as a tensor: as many elements as the shape says, in the array of their type (int64 is held in a
 * Float64Array, bool in a Uint8Array).
 *
 * @throws usage error `bad-argument`
 *
 * @example
 * tensor("float64", [2, 2], Float64Array.of(1, 2, 3, 4)).shape; // [2, 2]
 */
export function tensor(dtype: DType, shape: Shape, data: TensorData): Tensor {
  requireArgument("dtype", "tensor", z.enum(DTYPES), dtype);
  requireArgument("shape", "tensor", extents, shape);
  requireArgument("data", "tensor", dataOf(dtype, sizeOf(shape)), data);
  return made(dtype, shape, data);
}

function dataOf(dtype: DType, size: number) {
  const like = allocate(dtype, 0);
  return z.custom<TensorData>(
    (data) =>
      data instanceof Object && data.constructor === like.constructor && "length" in data && data.length === size,
    { error: `it must be a ${like.constructor.name} of ${size} elements` },
  );
}
