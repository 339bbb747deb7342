import type { Value } from "../../graph/value.ts";
import { sizeOf } from "../../util/tensor.ts";
import { movedBy, numbersAlong, type Places, placesOf } from "./places.ts";

/** Where elements of a tensor are weights of units that a node makes. */
export interface Use {
  readonly node: Value;
  readonly input: number;
  /** The unit that each element of the input is a weight of, as a number; the elements lie at `places`. */
  readonly unitOf: Float64Array;
  readonly places: Places;
}

/** Where elements of a tensor meet data one by one. */
export interface Meeting {
  readonly node: Value;
  readonly places: Places;
}

/** What becomes of a tensor on its way to the data. */
export interface Way {
  readonly size: number;
  readonly uses: readonly Use[];
  readonly meeting: Meeting | undefined;
}

/** Follows the elements of a parameter through all that moves them to where they meet data. */
export function wayOf(parameter: Value, order: readonly Value[], ofData: ReadonlySet<Value>): Way {
  const tracked = new Map<Value, Places>([[parameter, placesOf(parameter)]]);
  const uses: Use[] = [];
  let meeting: Meeting | undefined;
  for (const node of order) {
    for (const [input, value] of node.inputs.entries()) {
      const places = tracked.get(value);
      if (places === undefined) continue;
      const axes = node.operation.weightAxes?.(node, input);
      const meetsData = node.inputs.some((other) => ofData.has(other));
      if (axes !== undefined && meetsData) {
        uses.push({ node, input, places, unitOf: numbersAlong(places.shape, axes) });
      } else if (ofData.has(node)) {
        if (node.operation.elementwise) meeting ??= { node, places };
      } else if (!tracked.has(node)) {
        const moved = movedBy(node, tracked);
        if (moved) tracked.set(node, moved);
      }
    }
  }
  return { size: sizeOf(parameter.shape), uses, meeting };
}

/** The unit of each element by the first use that has it, in the order in which the tensor first has them; what reaches no unit is one of its own. */
export function unitsOf({ size, uses }: Way): { readonly count: number; readonly filterOf: Int32Array } {
  const names = new Float64Array(size).fill(-1);
  uses.forEach(({ places, unitOf }, use) =>
    places.data.forEach((place, i) => {
      if (place !== 0 && names[place - 1] < 0) names[place - 1] = use * size + unitOf[i];
    }),
  );
  const known = new Map<number, number>();
  const filterOf = Int32Array.from(names, (name) => {
    const filter = known.get(name) ?? known.size;
    known.set(name, filter);
    return filter;
  });
  return { count: known.size, filterOf };
}

/** The filter of each unit that a use makes; units whose weights belong to several are left out. */
export function filtersByUnit({ places, unitOf }: Use, filterOf: Int32Array): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  places.data.forEach((place, i) => {
    if (place === 0) return;
    const [unit, filter] = [unitOf[i], filterOf[place - 1]];
    if ((found.get(unit) ?? filter) !== filter) found.set(unit, Number.NaN);
    else found.set(unit, filter);
  });
  for (const [unit, filter] of found) if (Number.isNaN(filter)) found.delete(unit);
  return found;
}
