import type { Operation, Value } from "../graph/value.ts";

/**
 * The first input, computed again behind the others: what is made of it is made after them, and is not what is made of the input
 * itself. Put into graphs as they are emitted, behind every other pass.
 */
export const BEHIND: Operation = {
  name: "Behind",
  attributes: {},
  infer: ([{ dtype, shape }]) => ({ dtype, shape }),
  vmap: () => {
    throw new RangeError("what is put behind others is not vectorised any more");
  },
  emit: ({ inputs: [x, ...others] }, [name, ...behind], emitter) => {
    // An engine knows no order but that of inputs and outputs: nothing of each is put beside it.
    const flat = emitter.node("Reshape", [name, emitter.integers([-1])]);
    const nothing = behind.map((each, i) => {
      const line = emitter.node("Reshape", [each, emitter.integers([-1])]);
      const none = emitter.node("Slice", [line, emitter.integers([0]), emitter.integers([0])]);
      return others[i].dtype === x.dtype ? none : emitter.node("Cast", [none], { to: CAST[x.dtype] });
    });
    const joined = emitter.node("Concat", [flat, ...nothing], { axis: 0 });
    return emitter.node("Reshape", [joined, emitter.integers(x.shape)]);
  },
};

/** ONNX's numbers of element types. */
const CAST = { float32: 1, float64: 11, int64: 7, bool: 9 } as const;

/** A value, behind others. */
export function behind(x: Value, others: readonly Value[]): Value {
  return x.graph.apply(BEHIND, [x, ...others]);
}
