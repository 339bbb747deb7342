/**
 * What the numbers that a network puts out are to its loss: logits, whose softmax or sigmoid are
 * probabilities; the logarithms of probabilities; or probabilities themselves.
 */
export const OUTPUT_KINDS = ["logits", "log-probabilities", "probabilities"] as const;

export type OutputKind = (typeof OUTPUT_KINDS)[number];
