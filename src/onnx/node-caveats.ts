import { dependents, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { isFloat } from "../util/tensor.ts";
import { isSequence, type Item } from "./item.ts";
import type { NodeContext } from "./node-context.ts";
import type { Bend, Doubt, OnnxRule } from "./rule.ts";

/** What rules say of the nodes of a model, for those outputs that pass through them. */
export class NodeCaveats {
  private readonly bends: (Bend & { readonly of: readonly Item[] })[] = [];
  private readonly doubts: { readonly doubt: Doubt; readonly of: readonly Item[] }[] = [];

  /** What a rule says of the outputs that it gave a node. */
  note(rule: OnnxRule, context: NodeContext, outputs: readonly (Item | undefined)[]): void {
    const of = outputs.filter((item) => item !== undefined);
    const doubt = rule.doubts?.(context);
    if (doubt) this.doubts.push({ doubt, of });
    const [first] = of;
    if (first === undefined || isSequence(first) || !isFloat(first.dtype)) return;
    // A limit that is none, or one operand alone, gives its input on.
    if (context.inputs.includes(first)) return;
    const bend = rule.bends?.(context);
    if (bend !== undefined) this.bends.push({ ...(typeof bend === "string" ? { text: bend, by: first } : bend), of });
  }

  /** Where nodes that the outputs pass through have no derivative, and parameters move them. */
  bendsOf(outputs: ReadonlyMap<string, Value>, parameters: ReadonlyMap<string, Value>): string[] {
    const passed = reachable([...outputs.values()]);
    const moved = dependents(passed, [...parameters.values()]);
    return this.bends.flatMap(({ text, by, of }) =>
      moved.has(by) && of.some((item) => !isSequence(item) && moved.has(item)) ? [text] : [],
    );
  }

  /** What the outputs pass through that is undefined for some data. */
  doubtsOf(outputs: ReadonlyMap<string, Value>): Doubt[] {
    if (this.doubts.length === 0) return [];
    const passed = new Set<Item>(reachable([...outputs.values()]));
    return this.doubts.flatMap(({ doubt, of }) => (of.some((item) => passed.has(item)) ? [doubt] : []));
  }
}
