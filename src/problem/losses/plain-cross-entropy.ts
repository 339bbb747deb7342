import { sizeOf, type Tensor, type TensorData } from "../../util/tensor.ts";
import type { ClassLayout } from "./class-layout.ts";
import type { LossOptions } from "./loss.ts";
import type { OutputKind } from "./output-kind.ts";
import { labelsEach, plainTerms, type PlainTerms } from "./plain-terms.ts";

/** The numbers of one row of outputs, or of distributions: as many as there are classes, `step` apart. */
interface Row {
  readonly data: TensorData;
  readonly start: number;
  readonly step: number;
  readonly classes: number;
}

/**
 * −Σ_c t_c log p_c of every label by definition: p the softmax of a row of logits, or what the row says. With one label
 * k of weight 1 and z_k the largest, −log p_k is log1p(Σ_{c≠k} exp(z_c − z_k)), to its own relative precision.
 *
 * @param weighing `smoothing`: the share of every label that is spread evenly over the classes; `weights`: what the loss
 *   of each class is multiplied by, empty where all count alike
 */
export function plainCrossEntropy(
  outputs: Tensor,
  labels: Tensor,
  { axis, classes, soft }: ClassLayout,
  { outputKind = "logits", ignoreIndex }: LossOptions,
  { smoothing, weights }: { readonly smoothing: number; readonly weights: readonly number[] },
): PlainTerms {
  const weightOf = (c: number) => (weights.length === 0 ? 1 : weights[c]);
  const step = sizeOf(outputs.shape.slice(axis + 1));
  /** Where the row of a label begins: labels run over all axes but that of the classes. */
  const rowOf = (data: TensorData, label: number): Row => ({
    data,
    start: Math.floor(label / step) * step * classes + (label % step),
    step,
    classes,
  });
  if (!soft) {
    return plainTerms(labels, labelsEach(labels), (t) => {
      const label = labels.data[t];
      if (label === ignoreIndex) return undefined;
      const z = rowOf(outputs.data, t);
      const weight = weightOf(label);
      let value = weight === 0 ? 0 : (1 - smoothing) * weight * surprise(z, label, outputKind);
      for (let c = 0; c < classes; c++) {
        const share = (smoothing / classes) * weightOf(c);
        if (share > 0) value += share * surprise(z, c, outputKind);
      }
      return { value, weight, margin: marginOf(z, label) };
    });
  }
  return plainTerms(labels, labelsEach(labels) / classes, (t) => {
    const target = rowOf(labels.data, t);
    const z = rowOf(outputs.data, t);
    let truth = 0;
    for (let c = 1; c < classes; c++) if (at(target, c) > at(target, truth)) truth = c;
    const heaviest = surprise(z, truth, outputKind);
    let value = 0;
    for (let c = 0; c < classes; c++) {
      const weight = weightOf(c) * ((1 - smoothing) * at(target, c) + smoothing / classes);
      // A class without weight adds 0 whatever its probability.
      if (weight === 0) continue;
      if (c === truth) value += weight * heaviest;
      else if (outputKind === "logits") value += weight * (heaviest + (at(z, truth) - at(z, c)));
      else value += weight * surprise(z, c, outputKind);
    }
    return { value, margin: marginOf(z, truth) };
  });
}

function at({ data, start, step }: Row, c: number): number {
  return data[start + c * step];
}

/** −log p_k. */
function surprise(row: Row, k: number, kind: OutputKind): number {
  if (kind === "log-probabilities") return -at(row, k);
  if (kind === "probabilities") return -Math.log(at(row, k));
  const own = at(row, k);
  let most = own;
  for (let c = 0; c < row.classes; c++) most = Math.max(most, at(row, c));
  let others = 0;
  for (let c = 0; c < row.classes; c++) if (c !== k) others += Math.exp(at(row, c) - most);
  return most === own ? Math.log1p(others) : most - own + Math.log(others + Math.exp(own - most));
}

/** By how much class k lies above all others. */
function marginOf(row: Row, k: number): number {
  let rival = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < row.classes; c++) if (c !== k) rival = Math.max(rival, at(row, c));
  return at(row, k) - rival;
}
