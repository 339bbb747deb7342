import { create } from "@bufbuild/protobuf";
import { NodeProtoSchema } from "onnx-buf";
import { z } from "zod";
import type { Operation, Value, ValueType } from "../graph/value.ts";
import { sliceAxis, stack } from "../ops/movement.ts";
import { reshape } from "../ops/structure.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { OnnxEmitter } from "./emit-model.ts";
import type { OnnxNode } from "./onnx-node.ts";

/** The attributes of an opaque operation: the node that it is, by name, and which of its outputs. */
export const OPAQUE_ATTRIBUTES = z.strictObject({
  opaque: z.string(),
  domain: z.string(),
  output: z.int().nonnegative(),
});

/**
 * A node that nobody here understands, held constant by derivatives and handed to the runtime as it
 * stands in the file. Its type is the one that the file declares.
 */
export function opaqueOperation(node: OnnxNode, output: number, type: ValueType): Operation {
  const operation: Operation = {
    name: node.op,
    attributes: { opaque: node.name, domain: node.domain, output },
    infer: () => type,
    jvp: () => undefined,
    vjp: () => undefined,
    vmap: (_node, inputs, batched, size) => {
      const part = (value: Value, i: number) => reshape(sliceAxis(value, 0, i, i + 1), value.shape.slice(1));
      const parts = Array.from({ length: size }, (_, i) =>
        inputs[0].graph.apply(
          operation,
          inputs.map((value, k) => (batched[k] ? part(value, i) : value)),
        ),
      );
      return stack(parts, 0);
    },
    emit: (_node, inputs, emitter) => {
      if (!(emitter instanceof OnnxEmitter)) {
        throw new ThalwegError({
          kind: "internal",
          code: "no-emitter",
          message: `Node ${node.name} can only be written to an ONNX file.`,
        });
      }
      let next = 0;
      const names = node.proto.output.map((name) => (name === "" ? "" : emitter.fresh("o")));
      emitter.proto(
        create(NodeProtoSchema, {
          opType: node.op,
          domain: node.domain,
          input: node.inputs.map((name) => (name === "" ? "" : inputs[next++])),
          output: names,
          attribute: node.proto.attribute,
        }),
      );
      return names[output];
    },
    caveat: `${node.op} (${node.name}) is held constant: its derivative is taken as 0`,
  };
  return operation;
}
