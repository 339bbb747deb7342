import { ThalwegError } from "../util/thalweg-error.ts";
import { intakeError } from "./intake-error.ts";
import type { OnnxNode } from "./onnx-node.ts";
import { UnsupportedNode } from "./unsupported-node.ts";

/** A node that could not be imported, and why. */
export interface Refusal {
  readonly node: OnnxNode;
  /** A clause behind the node's name: "is not read". */
  readonly reason: string;
  readonly remedy: string | undefined;
}

export const FREEZE_REMEDY =
  "Freeze the node (--freeze NODE) to hold its output constant, or export the model without it.";

const REMEDIES: Record<string, string> = {
  "ai.onnx.ml": "Export the network itself, without the pre- and post-processing of a classical pipeline.",
};

/** Operators that compute with quantised numbers, in any domain. */
const OF_INTEGERS =
  /^(QLinear\w+|(Conv|MatMul)Integer\w*|DynamicQuantize\w+|Q(Gemm|Attention|Embed\w+|Moe)|\w+(NBits|Bnb4|Fpq4)|\w*BlockQuantized|Quant(ized)?[A-Z]\w+)$/;

export function unknownOperator({ domain, op }: OnnxNode): UnsupportedNode {
  if (OF_INTEGERS.test(op))
    return new UnsupportedNode(
      "computes with quantised numbers, through which no derivative passes",
      "Export the model before it is quantised, or with QuantizeLinear and DequantizeLinear around operators on floats (quant_format=QuantFormat.QDQ of ONNX Runtime's quantiser).",
    );
  return new UnsupportedNode(
    domain === "" ? "is not read" : `of the domain ${domain} is not read`,
    REMEDIES[domain] ?? FREEZE_REMEDY,
  );
}

/** Nodes that an error lists before it only counts. */
const SHOWN = 40;

/** One error for all nodes that could not be imported. */
export function refusalError(refusals: readonly Refusal[], file: string): ThalwegError {
  if (refusals.length === 0) return intakeError("no-outputs", "None of the model's outputs can be computed.", { file });
  const lines = refusals.map(
    ({ node, reason }) => `${node.op} ${node.name} (${node.domain || "ai.onnx"} ${node.opset}) ${reason}`,
  );
  const more = lines.length > SHOWN ? `; and ${lines.length - SHOWN} more` : "";
  const remedies = [...new Set(refusals.flatMap(({ remedy }) => remedy ?? []))];
  const [{ node }] = refusals;
  return new ThalwegError({
    kind: "input",
    code: "unsupported-operator",
    message: `The model has ${lines.length === 1 ? "a node" : `${lines.length} nodes`} that cannot be imported: ${lines.slice(0, SHOWN).join("; ")}${more}.`,
    where: { file, node: node.name, op: node.op, opset: node.opset },
    hint: remedies.length > 0 ? remedies.join(" ") : undefined,
  });
}
