import { requireUnique } from "../../util/require-unique.ts";
import type { OnnxNode } from "../onnx-node.ts";
import type { OnnxRule } from "../rule.ts";
import { ACTIVATIONS } from "./activation.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { ATTENTION } from "./attention.ts";
import { BITWISE } from "./bitwise.ts";
import { CLASSICAL } from "./classical.ts";
import { CONVOLUTIONS } from "./convolution.ts";
import { CONTROL_FLOW } from "./control-flow.ts";
import { DETERMINANTS } from "./determinant.ts";
import { FUSED_ATTENTION } from "./fused-attention.ts";
import { DEFORMABLE } from "./deformable.ts";
import { FUSED } from "./fused.ts";
import { GRID_SAMPLING } from "./grid-sampling.ts";
import { INDEXING } from "./indexing.ts";
import { LOGIC } from "./logic.ts";
import { LOSS_OPERATORS } from "./loss.ts";
import { MATRIX_PRODUCTS } from "./matrix-product.ts";
import { NORMALIZATIONS } from "./normalization.ts";
import { PADDING } from "./padding.ts";
import { POOLING } from "./pooling.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RANDOM } from "./random.ts";
import { RECURRENT } from "./recurrent.ts";
import { REDUCTIONS } from "./reduction.ts";
import { RESIZING } from "./resize.ts";
import { REGIONS } from "./roi-align.ts";
import { SCATTERING } from "./scatter.ts";
import { ROTARY_EMBEDDINGS } from "./rotary-embedding.ts";
import { SEQUENCES } from "./sequence.ts";
import { SHAPES } from "./shape.ts";
import { SPECTRA } from "./spectrum.ts";
import { SPLITTING } from "./splitting.ts";
import { STATE_LAYERS } from "./state-layers.ts";
import { UNPOOLING } from "./unpooling.ts";

/** Every ONNX operator that is read. */
export const ONNX_RULES: readonly OnnxRule[] = [
  ...ARITHMETIC,
  ...ACTIVATIONS,
  ...LOGIC,
  ...BITWISE,
  ...REDUCTIONS,
  ...SHAPES,
  ...SPLITTING,
  ...PADDING,
  ...INDEXING,
  ...SCATTERING,
  ...RANDOM,
  ...DETERMINANTS,
  ...MATRIX_PRODUCTS,
  ...CONVOLUTIONS,
  ...DEFORMABLE,
  ...SPECTRA,
  ...POOLING,
  ...UNPOOLING,
  ...REGIONS,
  ...NORMALIZATIONS,
  ...RESIZING,
  ...GRID_SAMPLING,
  ...RECURRENT,
  ...STATE_LAYERS,
  ...ATTENTION,
  ...ROTARY_EMBEDDINGS,
  ...FUSED_ATTENTION,
  ...FUSED,
  ...QUANTIZATION,
  ...SEQUENCES,
  ...LOSS_OPERATORS,
  ...CLASSICAL,
  ...CONTROL_FLOW,
];

const nameOf = ({ domain = "", op }: Pick<OnnxRule, "domain" | "op">) => `${domain}:${op}`;

const BY_NAME = new Map(requireUnique(ONNX_RULES, nameOf, "rules").map((rule) => [nameOf(rule), rule]));

/** The rule for a node, when its operator is read. */
export function ruleOf(node: OnnxNode): OnnxRule | undefined {
  return BY_NAME.get(nameOf(node));
}
