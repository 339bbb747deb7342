import type { ResultDocument } from "../../src/documents/result-kinds.ts";

type Checkpoint = ResultDocument<"checkpoints">["result"]["checkpoints"][number];

/** What a profile over checkpoints holds of one of them, of which only loss and gradient are measured. */
export function oneCheckpoint(weights: string, change: Partial<Checkpoint> = {}): Checkpoint {
  return {
    weights,
    sha256: "",
    loss: 1,
    lossRounding: 1e-6,
    accuracy: null,
    gradientNorm: 1,
    gradientRounding: 1e-6,
    top: null,
    bottom: null,
    searchMargin: null,
    trace: null,
    frobenius: null,
    gaussNewtonTop: null,
    gaussNewtonTrace: null,
    noiseTrace: null,
    heldOut: null,
    followed: [],
    verdicts: [],
    sections: [],
    converged: true,
    products: 1,
    ...change,
  };
}
