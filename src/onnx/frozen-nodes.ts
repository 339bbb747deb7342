import type { Value, ValueType } from "../graph/value.ts";
import { isFloat, type FloatType } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { ModelFile } from "./decode-model.ts";
import { listOf } from "./intake-error.ts";
import type { NodeContext } from "./node-context.ts";
import type { OnnxNode } from "./onnx-node.ts";
import { opaqueOperation } from "./opaque-op.ts";
import { UnsupportedNode } from "./unsupported-node.ts";

/** Integers that stand for quantised numbers: the graph has them as int64, which their operators do not take. */
const NARROW = /^u?int(8|16)$/;

/** Why a node cannot be handed to the runtime as it stands, as a clause, and what can be done. */
interface Obstacle {
  readonly reason: string;
  readonly remedy: string;
}

/** The nodes whose outputs derivatives treat as constants. One without a rule goes to the runtime as it stands in the file. */
export class FrozenNodes {
  private readonly model: ModelFile;
  private readonly names: ReadonlySet<string>;
  private readonly precision: FloatType;
  private readonly dimensions: ReadonlyMap<string, number>;

  /**
   * @param names of nodes, or of outputs of theirs
   * @param dimensions of the import, by the names that the file gives them
   * @throws ThalwegError `unknown-node` for a name that the model does not have
   */
  constructor(
    model: ModelFile,
    names: readonly string[],
    { precision, dimensions }: { readonly precision: FloatType; readonly dimensions: ReadonlyMap<string, number> },
  ) {
    this.model = model;
    this.names = new Set(names);
    this.precision = precision;
    this.dimensions = dimensions;
    this.refuseUnknown();
  }

  has({ name, outputs }: OnnxNode): boolean {
    return this.names.has(name) || outputs.some((output) => this.names.has(output));
  }

  /** The outputs of a node without a rule, with the types that the file declares. @throws UnsupportedNode */
  opaque(node: OnnxNode, context: NodeContext): Value[] {
    const obstacle = this.obstacle(node);
    if (obstacle) throw new UnsupportedNode(`cannot be frozen: ${obstacle.reason}`, obstacle.remedy);
    const present = context.inputs.flatMap((value) => value ?? []);
    return node.outputs.map((name, output) => {
      const declared = this.declaredType(name);
      if (!declared) return context.fail("undeclared-output", `has an output ${name} of undeclared shape`);
      return context.graph.apply(opaqueOperation(node, output, declared), present);
    });
  }

  /** What keeps a node from being handed to the runtime as it stands; undefined where nothing does. */
  obstacle({ attributes, inputs, outputs }: OnnxNode): Obstacle | undefined {
    const without = "Export the model without it.";
    if ([...attributes.values()].some(({ kind }) => kind === "graph"))
      return { reason: "it has a graph inside", remedy: without };
    if (inputs.every((name) => name === "")) return { reason: "it has no inputs", remedy: without };
    const narrow = inputs
      .flatMap((name) => this.model.tensors.get(name) ?? [])
      .find(({ tensor, storedAs }) => !tensor || NARROW.test(storedAs));
    if (narrow)
      return {
        reason: `it reads ${narrow.name} as ${narrow.storedAs}, which the graph does not keep`,
        remedy: narrow.tensor ? "Export the model before it is quantised." : without,
      };
    const undeclared = outputs.find((name) => this.declaredType(name) === undefined);
    if (undeclared === undefined) return undefined;
    return {
      reason: `the file does not declare the shape of its output ${undeclared}`,
      remedy:
        "Export the model without it. To freeze it (--freeze NODE), the file must declare the shape of its output: run onnx.shape_inference.infer_shapes on the model first.",
    };
  }

  /** The type that the file declares of a value, with the extents of this import. */
  private declaredType(name: string): ValueType | undefined {
    const declared = this.model.declared.get(name);
    const shape = declared?.shape.flatMap(
      (extent) => (typeof extent === "string" ? this.dimensions.get(extent) : extent) ?? [],
    );
    if (!declared || shape?.length !== declared.shape.length) return undefined;
    return { dtype: isFloat(declared.dtype) ? this.precision : declared.dtype, shape };
  }

  private refuseUnknown(): void {
    const { graph, file } = this.model;
    const known = new Set(graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]));
    const unknown = [...this.names].filter((name) => !known.has(name));
    if (unknown.length > 0)
      throw new ThalwegError({
        kind: "usage",
        code: "unknown-node",
        message: `The model has no node ${listOf(unknown)} to freeze.`,
        where: { file },
        hint: `Give the name of a node or of one of its outputs: ${listOf([...known].filter((name) => name !== ""))}.`,
      });
  }
}
