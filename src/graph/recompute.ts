import { maxOf, minOf } from "../util/extremes.ts";
import { sizeOf } from "../util/tensor.ts";
import { bytesOf } from "./held-along.ts";
import { emptyGraphFor, inspected } from "./inspected.ts";
import { inputNameOf } from "./leaf.ts";
import { runOrder } from "./run-order.ts";
import { dependents, reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/** How a computation is cut. */
export interface RecomputePlan {
  /** Segments of what is computed before any cotangent. */
  readonly segments: number;
  /** Inputs that begin the way back, by name: those that cotangents depend on, and nothing before them. */
  readonly seeds: ReadonlySet<string>;
  /** Inputs that are the data, by name, labels not among them. */
  readonly data: ReadonlySet<string>;
  /** Inputs that carry tangents, by name. */
  readonly tangents: ReadonlySet<string>;
  /** Puts a value behind others, so that what is computed from it is computed after them, and is not what is computed of the value itself. */
  readonly behind: (value: Value, others: readonly Value[]) => Value;
}

/**
 * The same outputs from less memory: what is computed of the data before the cotangents is cut into segments. Of each but the last
 * only what later ones need is kept; the rest is computed again when the cotangents have come down to the segment (Griewank
 * 2000, ch. 12; Chen 2016, with √n segments). The numbers are the same, bit for bit.
 *
 * Cost of a run: at most one more of all segments but the last.
 */
export function recomputed(outputs: readonly Value[], plan: RecomputePlan): Value[] {
  const cut = new Cut(outputs, plan);
  const rebuilt = new Rebuild(cut, emptyGraphFor(outputs), plan.behind).of(outputs);
  return inspected("recompute", rebuilt);
}

const NEVER = Number.POSITIVE_INFINITY;

/** Where each value stands. */
class Cut {
  /** Values of the data before the cotangents, with the number of their segment. */
  readonly segmentOf = new Map<Value, number>();
  /** Those among them that are kept: later segments need them. */
  readonly kept = new Set<Value>();
  readonly data: ReadonlySet<Value>;
  readonly last: number;
  /** All that depends on the data or on a seed, in the order in which it is built. */
  readonly inTurn: readonly Value[];
  /** The first cotangent of the data. */
  readonly first: Value | undefined;
  /** What each segment is computed again behind. */
  readonly tokens: readonly (readonly Value[])[];

  constructor(outputs: readonly Value[], { segments, seeds, data, tangents }: RecomputePlan) {
    const order = reachable(outputs);
    const named = (names: ReadonlySet<string>) => order.filter((value) => names.has(inputNameOf(value) ?? ""));
    const back = dependents(order, named(seeds));
    this.data = new Set(named(data));
    const moved = dependents(order, [...this.data]);
    const isForward = (value: Value) => moved.has(value) && !back.has(value) && inputNameOf(value) === undefined;
    const forward = order.filter(isForward);
    this.last = segments - 1;
    // The way up leads to what most lies behind one another; whatever goes beside it, as tangents do, and what these or cotangents
    // alone need (derivatives of activations) is of the last segment that it is made from.
    const isFirst = (value: Value) =>
      back.has(value) && moved.has(value) && !value.inputs.some((input) => back.has(input) && moved.has(input));
    const firsts = order.filter(isFirst);
    const ends = [...new Set(firsts.flatMap(({ inputs }) => inputs.filter(isForward)))];
    this.first = firsts.at(0);
    const isTangent = dependents(order, named(tangents));
    const top = deepest(forward.filter((value) => !isTangent.has(value)));
    this.divide(top ? runOrder(reachable([top]), [top]).filter(isForward) : [], segments);
    for (const value of forward)
      if (!this.segmentOf.has(value))
        this.segmentOf.set(value, maxOf([0, ...value.inputs.map((input) => this.segmentOf.get(input) ?? 0)]));
    for (const value of forward)
      for (const input of value.inputs)
        if ((this.segmentOf.get(input) ?? NEVER) < (this.segmentOf.get(value) ?? 0)) this.kept.add(input);
    for (const output of outputs) if (this.segmentOf.has(output)) this.kept.add(output);
    const cotangents = order.filter((value) => back.has(value) && inputNameOf(value) === undefined);
    // Of the inputs of a node, the latest is run first, and with it all that it needs: were tangents before what goes up beside them, all
    // of that would be there before the first tangent is.
    this.inTurn = [...forward, ...cotangents].toSorted(
      (a, b) =>
        Number(back.has(a)) - Number(back.has(b)) || Number(isTangent.has(a)) - Number(isTangent.has(b)) || a.id - b.id,
    );
    const tokens = this.findTokens(cotangents);
    // Cotangents begin when tangents are up: else all of the data's values wait for them.
    this.tokens = [...tokens, ends.filter((value) => this.first?.inputs.includes(value) === false)];
  }

  /** Whether it is computed again where cotangents need it. */
  isRepeated(value: Value): boolean {
    const segment = this.segmentOf.get(value);
    return segment !== undefined && segment < this.last && !this.kept.has(value);
  }

  /** Cuts into segments of about as many bytes, each where the fewest bytes are needed behind it. */
  private divide(forward: readonly Value[], segments: number): void {
    const place = new Map(forward.map((value, i) => [value, i]));
    const lastUse = new Map<Value, number>();
    forward.forEach((value, i) => {
      for (const input of value.inputs) if (place.has(input)) lastUse.set(input, i);
    });
    const ending = new Map<number, Value[]>();
    for (const [value, i] of lastUse) ending.set(i, [...(ending.get(i) ?? []), value]);
    const [done, crossing]: [number[], number[]] = [[], []];
    let [sum, live] = [0, 0];
    forward.forEach((value, i) => {
      sum += bytesOf(value);
      if (lastUse.has(value)) live += bytesOf(value);
      for (const each of ending.get(i) ?? []) live -= bytesOf(each);
      done.push(sum);
      crossing.push(live);
    });
    const cuts = Array.from({ length: segments - 1 }, (_, k) => {
      const [from, to] = [(k + 0.5) / segments, (k + 1.5) / segments];
      let best = -1;
      for (let i = 0; i < forward.length - 1; i++) {
        if (done[i] < from * sum || done[i] >= to * sum) continue;
        if (best < 0 || crossing[i] < crossing[best]) best = i;
      }
      return best;
    }).filter((at) => at >= 0);
    let segment = 0;
    forward.forEach((value, i) => {
      this.segmentOf.set(value, Math.min(segment, this.last));
      if (cuts[segment] === i) segment++;
    });
  }

  /**
   * Of each segment, the values on the way back that what it is needed for takes from above: those that hang on no segment so
   * early.
   */
  private findTokens(back: readonly Value[]): Value[][] {
    const level = new Map<Value, number>();
    const tokens = Array.from({ length: this.last }, () => new Set<Value>());
    for (const value of back) {
      const own = value.inputs.map((input) =>
        this.isRepeated(input) ? (this.segmentOf.get(input) ?? NEVER) : (level.get(input) ?? NEVER),
      );
      const lowest = Math.min(NEVER, minOf(own));
      level.set(value, lowest);
      if (lowest === NEVER) continue;
      for (const input of value.inputs) {
        const above = level.get(input);
        if (above !== undefined && above > lowest && sizeOf(input.shape) > 0) tokens[lowest].add(input);
      }
    }
    return tokens.map((each) => [...each]);
  }
}

/** The one, of values by ascending ids, that most of them lie behind one another for. */
function deepest(values: readonly Value[]): Value | undefined {
  const depth = new Map<Value, number>();
  let found: Value | undefined;
  for (const value of values) {
    depth.set(value, 1 + maxOf([0, ...value.inputs.map((input) => depth.get(input) ?? 0)]));
    if (found === undefined || (depth.get(value) ?? 0) > (depth.get(found) ?? 0)) found = value;
  }
  return found;
}

/** Something to be built: a value, its copy for the way back, or what a segment takes from before it, behind its tokens. */
interface Wanted {
  readonly kind: "plain" | "again" | "behind";
  readonly value: Value;
  readonly segment: number;
}

class Rebuild {
  private readonly cut: Cut;
  private readonly graph: Pick<Value["graph"], "apply">;
  private readonly behind: RecomputePlan["behind"];
  private readonly built = new Map<string, Value>();

  constructor(cut: Cut, graph: Pick<Value["graph"], "apply">, behind: RecomputePlan["behind"]) {
    this.cut = cut;
    this.graph = graph;
    this.behind = behind;
  }

  of(outputs: readonly Value[]): Value[] {
    for (const value of this.cut.inTurn) this.build(plain(value));
    return outputs.map((output) => this.build(plain(output)));
  }

  /** Depth first, without a stack of calls: graphs are deep. */
  private build(wanted: Wanted): Value {
    const stack = [wanted];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (this.built.has(keyOf(top))) {
        stack.pop();
        continue;
      }
      const needs = this.needsOf(top);
      const missing = needs.filter((need) => !this.built.has(keyOf(need)));
      if (missing.length > 0) {
        for (const need of missing) stack.push(need);
        continue;
      }
      const inputs = needs.map((need) => this.found(need));
      this.built.set(
        keyOf(top),
        top.kind === "behind" ? this.putBehind(inputs) : this.graph.apply(top.value.operation, inputs),
      );
      stack.pop();
    }
    return this.found(wanted);
  }

  private putBehind([value, ...others]: readonly Value[]): Value {
    return others.length === 0 ? value : this.behind(value, others);
  }

  private needsOf({ kind, value, segment }: Wanted): Wanted[] {
    const { cut } = this;
    if (kind === "behind") return [plain(value), ...cut.tokens[segment].map(plain)];
    if (kind === "again")
      return value.inputs.map((input) => {
        if (cut.data.has(input)) return { kind: "behind", value: input, segment };
        const its = cut.segmentOf.get(input);
        if (its === undefined) return plain(input);
        return { kind: its === segment && !cut.kept.has(input) ? "again" : "behind", value: input, segment };
      });
    const isBack = !cut.segmentOf.has(value);
    return value.inputs.map((input) => {
      if (isBack && cut.isRepeated(input))
        return { kind: "again", value: input, segment: cut.segmentOf.get(input) ?? 0 };
      if (value === cut.first && cut.segmentOf.has(input)) return { kind: "behind", value: input, segment: cut.last };
      return plain(input);
    });
  }

  private found(wanted: Wanted): Value {
    const value = this.built.get(keyOf(wanted));
    if (!value) throw new RangeError("recomputing met a value before its inputs");
    return value;
  }
}

function plain(value: Value): Wanted {
  return { kind: "plain", value, segment: 0 };
}

function keyOf({ kind, value, segment }: Wanted): string {
  return `${kind}/${value.id}/${segment}`;
}
