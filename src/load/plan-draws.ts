import type { Dataset } from "../data/dataset.ts";
import { Graph } from "../graph/graph.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { Draw, ExampleDraw } from "../onnx/draw.ts";
import { importGraph } from "../onnx/import-graph.ts";
import { allNodes } from "../onnx/onnx-node.ts";
import { ruleOf } from "../onnx/rules/registry.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { exportedBatch, type Importing } from "./probe-network.ts";

/** Batch sizes that tell an axis of examples from any other. */
const SIZES = [2, 3] as const;

/**
 * What nodes of a model draw for each example: where the size of a draw follows that of the batch. Draws that do not are
 * the same for all. A model that takes one batch size only has its examples on the first axis that is as long.
 *
 * Cost: two imports where the model draws at all, none where it does not.
 *
 * @throws input error `draws-of-examples` where it cannot be told which numbers are of which example
 */
export function planDraws(model: ModelFile, dataset: Dataset, importing: Importing): Map<string, ExampleDraw> {
  const plan = new Map<string, ExampleDraw>();
  if (![...allNodes(model.graph.nodes)].some((node) => ruleOf(node)?.draws === true)) return plan;
  const drawsAt = (batch: number): ReadonlyMap<string, Draw> => {
    const inputShapes = Object.fromEntries(dataset.inputs.map(({ name, shape }) => [name, [batch, ...shape]]));
    return importGraph(model, new Graph(), { ...importing, batch, inputShapes }).draws;
  };
  const [first, second, size] = atTwoSizes(drawsAt, model);
  for (const [name, { law, shape }] of first) {
    const other = second?.get(name)?.shape;
    const axes = shape.flatMap((extent, axis) => ((other ? other[axis] !== extent : extent === size) ? [axis] : []));
    const [axis] = axes;
    if (second && (other?.length !== shape.length || axes.length > 1)) throw unknownExamples(name, shape);
    if (axis === undefined) continue;
    if (shape[axis] !== size || (other && other[axis] !== SIZES[1])) throw unknownExamples(name, shape);
    plan.set(name, { law, axis, shape: shape.filter((_, each) => each !== axis) });
  }
  return plan;
}

/** The draws at two batch sizes, and the first of them; at one where the model takes no other. */
function atTwoSizes(
  drawsAt: (batch: number) => ReadonlyMap<string, Draw>,
  model: ModelFile,
): [first: ReadonlyMap<string, Draw>, second: ReadonlyMap<string, Draw> | undefined, size: number] {
  const fixed = exportedBatch(model);
  try {
    return [drawsAt(SIZES[0]), drawsAt(SIZES[1]), SIZES[0]];
  } catch (error) {
    if (!(error instanceof ThalwegError) || error.kind !== "input" || fixed === undefined) throw error;
    return [drawsAt(fixed), undefined, fixed];
  }
}

function unknownExamples(name: string, shape: readonly number[]): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "draws-of-examples",
    message: `The model draws ${name} of shape [${shape.join(", ")}] for ${SIZES[0]} examples, and it cannot be told which of the numbers belong to which example.`,
    hint: "Export the model with the noise as an input, and give the numbers with the data.",
  });
}
