// A page's own library need not know Symbol.asyncDispose, which the declarations of problems name.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Thalweg in a browser: an ONNX model in, its derivatives as graphs, run by onnxruntime-web. Nothing
 * here touches Node; the page brings the engine and the bytes.
 *
 * The way: `decodeModel` reads a file, `importGraph` binds its shapes, `gradient` and `hessianVector`
 * write derivatives into the same graph, `lowerGraph` and `emitModel` turn them into an ONNX file, and
 * a `webRuntime` runs it. The model holds its own loss: one of its outputs is a scalar.
 *
 * @example
 * import * as ort from "onnxruntime-web";
 * import { decodeModel, emitModel, Graph, hessianVector, importGraph, lowerGraph, tensor, webRuntime } from "thalweg/web";
 *
 * const model = decodeModel(bytes, { file: "model.onnx" });
 * const graph = new Graph();
 * const { parameters, outputs } = importGraph(model, graph, { precision: "float32", batch: 32 });
 * const at = [...parameters.values()];
 * const along = at.map(({ shape }, i) => graph.input(`v${i}`, "float32", shape));
 * const products = hessianVector([...outputs.values()][0], at, along);
 *
 * const target = { precision: "float32", portable: true };
 * const lowered = lowerGraph(products, target);
 * const file = emitModel(new Map(lowered.map((product, i) => [`hv${i}`, product])), target);
 *
 * const runtime = webRuntime(ort, { threads: 1 });
 * const executable = await runtime.compile(file);
 * const hv = await executable.run(feeds); // Map of names to `runtime.feed(tensor(...))`
 *
 * The result.json of a run is drawn in a page, too: `figures(text)`, `renderFigure(figure)` and `renderReport(text)` give
 * Vega-Lite specifications, SVG and HTML. What they need is loaded when they are first called: vega and vega-lite for
 * drawings, temml for reports.
 *
 * On WebGPU, `{ precision: "float32", portable: true, device: "webgpu" }` is the target, and `proveRuntime`
 * holds the device against WebAssembly before it is believed.
 *
 * @module
 */
export { Graph } from "./graph/graph.ts";
export type { Value } from "./graph/value.ts";
export {
  decodeModel,
  emitModel,
  gradient,
  hessianVector,
  importGraph,
  lowerGraph,
  pullback,
  pushforward,
  sandwich,
  tensor,
  vectorize,
} from "./library/graphs.ts";
export { proveRuntime, webRuntime } from "./library/runtimes.ts";
export { figures, renderFigure, renderReport, type Shown } from "./library/results.ts";
export type { ModelFile } from "./onnx/decode-model.ts";
export type { EmittedModel } from "./onnx/emit-model.ts";
export type { ImportedGraph } from "./onnx/import-graph.ts";
export type { Executable, Feed, Runtime } from "./runtime/runtime.ts";
export type { DType, Tensor } from "./util/tensor.ts";
export { ThalwegError } from "./util/thalweg-error.ts";
