import type { NamedArrays } from "../../result/named-arrays.ts";
import { basinsOf } from "../../topology/basins.ts";
import { bottleneckDistance } from "../../topology/bottleneck-distance.ts";
import { checkEulerCharacteristic } from "../../topology/euler-characteristic.ts";
import { gridFiltration } from "../../topology/grid-filtration.ts";
import { gridNeighbourhood } from "../../topology/grid-neighbourhood.ts";
import { meetingLevel, mergeTree, type Minimum } from "../../topology/merge-tree.ts";
import type { Neighbourhood } from "../../topology/neighbourhood.ts";
import { persistentHomology } from "../../topology/persistent-homology.ts";
import type { SampledFunction } from "./sampled-function.ts";
import type { SampledTopology, TopologyResult } from "./topology-result.ts";

/** Samples in a plane beyond which loops are not looked for: a matrix of four times as many cells is reduced. */
const MOST_FOR_LOOPS = 500_000;

/** Samples that a figure shows at most. */
const MOST_DRAWN = 10_500;

/** Basins of which every two are set beside each other. */
const MOST_MET = 8;

/** Pairs of bars beyond which no distance of diagrams is looked for. */
const MOST_PAIRS = 4_000_000;

/** Points and who neighbours whom, where they are no grid. */
export interface Cloud {
  readonly neighbourhood: Neighbourhood;
  readonly neighbours: string;
  readonly coordinates: readonly Float64Array[];
  readonly isOnEdge: (point: number) => boolean;
}

/**
 * Everything that is found of one sampled loss.
 *
 * @param persistence the least length of the bar of a basin; what rounding could make is never one
 */
export function analyseSamples(
  { name, axes, values, rounding, cutShort }: SampledFunction,
  persistence: number,
  arrays: NamedArrays,
  cloud?: Cloud,
): SampledTopology {
  const shape = axes.map(({ values: positions }) => positions.length);
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const indices = (point: number) => strides.map((stride, i) => Math.floor(point / stride) % shape[i]);
  const placeOf = (point: number) =>
    cloud === undefined ? indices(point).map((index, i) => axes[i].values[index]) : [...cloud.coordinates[point]];
  const isOnEdge =
    cloud?.isOnEdge ??
    ((point: number) => indices(point).some((index, i) => shape[i] > 1 && (index === 0 || index === shape[i] - 1)));
  const roundingOf = (loss: number) =>
    rounding.value * Math.max(1, rounding.at === 0 ? 1 : Math.abs(loss / rounding.at));
  const isLonger = (birth: number, death: number) =>
    death === Number.POSITIVE_INFINITY || death - birth > roundingOf(birth) + roundingOf(death);
  const ended = (level: number) => (level === Number.POSITIVE_INFINITY ? null : level);

  const tree = mergeTree(values, cloud?.neighbourhood ?? gridNeighbourhood(shape));
  const lower = new Map(
    cloud === undefined && shape.length > 1
      ? mergeTree(values, gridNeighbourhood(shape, true)).minima.map(({ at, death }) => [at, death])
      : tree.minima.map(({ at, death }) => [at, death]),
  );
  const lowerDeath = ({ at, birth }: Minimum) => lower.get(at) ?? birth;
  const { basins, labels } = basinsOf(tree, (minimum) => {
    const { birth } = minimum;
    const death = lowerDeath(minimum);
    return death - birth > persistence && isLonger(birth, death);
  });
  const present = values.filter((value) => value < Number.POSITIVE_INFINITY);
  const isPlane = cloud === undefined && shape.filter((extent) => extent > 1).length === 2;
  const filtration = isPlane && values.length <= MOST_FOR_LOOPS ? gridFiltration(values, shape) : undefined;
  const bars = filtration && persistentHomology(filtration);
  const met = basins.slice(0, MOST_MET);
  return {
    name,
    axes: cloud === undefined ? axes.map((axis) => ({ name: axis.name, values: [...axis.values] })) : [],
    neighbours: cloud?.neighbours ?? (shape.length > 1 ? "one step along one axis" : "one step"),
    points: values.length,
    cutShort,
    absent: values.length - present.length,
    lowest: present.length === 0 ? null : present.reduce((a, b) => Math.min(a, b)),
    highest: present.length === 0 ? null : present.reduce((a, b) => Math.max(a, b)),
    rounding: rounding.value,
    threshold: Math.max(persistence, 2 * rounding.value),
    minima: tree.minima.map((minimum) => {
      const { at, birth, death, saddle, elder = null, below } = minimum;
      return {
        at: placeOf(at),
        edge: isOnEdge(at),
        birth,
        death: ended(death),
        diagonal: ended(lowerDeath(minimum)),
        saddle: saddle === undefined ? null : placeOf(saddle),
        elder,
        below,
        resolved: isLonger(birth, death),
      };
    }),
    loops:
      bars
        ?.filter(({ dimension }) => dimension === 1)
        .map(({ birth, death, bornAt, diesAt }) => ({
          birth,
          death: ended(death),
          bornAt: placeOf(bornAt),
          diesAt: diesAt === undefined ? null : placeOf(diesAt),
          resolved: isLonger(birth, death),
        })) ?? null,
    basins: basins.map(({ minimum, points }) => ({ minimum, points, share: points / present.length })),
    meetings: met.flatMap(({ minimum: a }, i) =>
      met.slice(i + 1).map(({ minimum: b }, j) => {
        const pair: [number, number] = [i, i + 1 + j];
        return { basins: pair, level: ended(meetingLevel(tree, a, b)) };
      }),
    ),
    euler: filtration && bars ? checkEulerCharacteristic(filtration, bars) : null,
    drawn: cloud === undefined ? drawn(values, labels, shape) : null,
    labels: arrays.keep(`basin of ${name}`, {
      dtype: "int64",
      shape: cloud === undefined ? shape : [values.length],
      data: Float64Array.from(labels),
    }),
  };
}

/** Every so many samples along each axis. */
function drawn(values: Float64Array, labels: Int32Array, shape: readonly number[]): SampledTopology["drawn"] {
  if (shape.length > 2) return null;
  const [rows, columns] = shape.length === 1 ? [1, shape[0]] : shape;
  const each = Math.ceil(Math.sqrt((rows * columns) / MOST_DRAWN));
  const stride = shape.length === 1 ? Math.ceil(columns / MOST_DRAWN) : each;
  const points: number[] = [];
  for (let i = 0; i < rows; i += stride) for (let j = 0; j < columns; j += stride) points.push(i * columns + j);
  return {
    stride: shape.map(() => stride),
    values: points.map((point) => (values[point] < Number.POSITIVE_INFINITY ? values[point] : null)),
    basins: points.map((point) => labels[point]),
  };
}

/** How far the diagrams of every two functions are apart. */
export function distancesBetween(
  functions: readonly SampledTopology[],
  sampled: readonly SampledFunction[],
): TopologyResult["distances"] {
  return functions.flatMap((a, i) =>
    functions.slice(i + 1).map((b, j) => {
      const between: [string, string] = [a.name, b.name];
      return {
        between,
        components: distanceOf(a.minima, b.minima),
        loops: distanceOf(a.loops, b.loops),
        largestDifference: largestDifference(sampled[i], sampled[i + 1 + j]),
      };
    }),
  );
}

type Bars = readonly { readonly birth: number; readonly death: number | null }[];

function distanceOf(a: Bars | null, b: Bars | null): number | null {
  if (a === null || b === null || a.length * b.length > MOST_PAIRS) return null;
  const [first, second] = [a, b].map((bars) =>
    bars.map(({ birth, death }) => ({ birth, death: death ?? Number.POSITIVE_INFINITY })),
  );
  return bottleneckDistance(first, second);
}

/** ‖f − g‖∞ on one grid. */
function largestDifference(a: SampledFunction, b: SampledFunction): number | null {
  const isSame =
    a.axes.length === b.axes.length && a.axes.every(({ values }, i) => values.join() === b.axes[i].values.join());
  if (!isSame) return null;
  const difference = a.values.reduce((most, value, i) => Math.max(most, Math.abs(value - b.values[i])), 0);
  return Number.isFinite(difference) ? difference : null;
}
