import { formatNumber } from "../util/format-number.ts";
import { sizeOf } from "../util/tensor.ts";
import { labelledRows, type LabelsBeside } from "./labelled-rows.ts";
import type { OutputSamples } from "./output-evidence.ts";

/** How well class numbers fit what a network predicts, and how well they would in another order. */
export interface ClassNumbering {
  readonly examples: number;
  /** Share of the labels that are the largest output. */
  readonly accuracy: number;
  /** The largest share that was found when the labels are numbered otherwise. */
  readonly renumbered: number;
  /** The share that would be right by chance there: were each label beside the predictions of all. */
  readonly chance: number;
  /** By label, the number that it has there. */
  readonly numbers: readonly number[];
}

const FEWEST = 10;
/** Outputs that are looked through in well under a second. */
const MOST_NUMBERS = 2 ** 24;
/** Another numbering is said from this share on, where it is right on as many more. */
const FITS = 0.75;
const BETTER = 0.5;
/** So much of what chance leaves wrong must be right there: an answer that is nearly always the same fits the commonest label. */
const BEYOND_CHANCE = 0.5;

/**
 * Counts labels against predictions, and assigns to each label the class that is predicted beside it, the commonest
 * pairs first: numbers that fit at least so well. Undefined for too few examples or too many outputs, and where one class is all that is
 * predicted.
 */
export function classNumbering(axis: number, samples: OutputSamples, labels: LabelsBeside): ClassNumbering | undefined {
  const classes = samples.shape[axis];
  if (sizeOf(samples.shape) * samples.batches.length > MOST_NUMBERS) return undefined;
  const pairs = new Map<number, number>();
  const [labelled, predictions] = [new Float64Array(classes), new Float64Array(classes)];
  let examples = 0;
  let rows = 0;
  for (const example of labelledRows(axis, samples, labels)) {
    examples++;
    for (const { scores, target } of example) {
      if (typeof target !== "number") return undefined;
      const predicted = scores.reduce((best, z, c) => (z > scores[best] ? c : best), 0);
      const pair = target * classes + predicted;
      labelled[target]++;
      predictions[predicted]++;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
      rows++;
    }
  }
  if (examples < FEWEST || predictions.filter((count) => count > 0).length < 2) return undefined;
  const numbers = new Map<number, number>();
  const taken = new Set<number>();
  let right = 0;
  for (const [pair, count] of [...pairs].toSorted((a, b) => b[1] - a[1])) {
    const [label, predicted] = [Math.floor(pair / classes), pair % classes];
    if (numbers.has(label) || taken.has(predicted)) continue;
    numbers.set(label, predicted);
    taken.add(predicted);
    right += count;
  }
  const free = Array.from({ length: classes }, (_, c) => c).filter((c) => !taken.has(c));
  const numberOf = Array.from({ length: classes }, (_, label) => numbers.get(label) ?? free.shift() ?? label);
  const chance = numberOf.reduce(
    (sum, number, label) => sum + (labelled[label] / rows) * (predictions[number] / rows),
    0,
  );
  const correct = Array.from({ length: classes }, (_, c) => pairs.get(c * classes + c) ?? 0);
  return {
    examples,
    accuracy: correct.reduce((sum, count) => sum + count, 0) / rows,
    renumbered: right / rows,
    chance,
    numbers: numberOf,
  };
}

/** What is to be said of the numbers of classes: where text became numbers, and where others fit far better. */
export function aboutNumbering(
  found: ClassNumbering | undefined,
  names: readonly string[] | undefined,
): string | undefined {
  const isFar =
    found &&
    found.renumbered >= FITS &&
    found.renumbered - found.accuracy >= BETTER &&
    found.renumbered - found.chance >= BEYOND_CHANCE * (1 - found.chance);
  const isRight = found && found.accuracy >= FITS && found.renumbered - found.accuracy < 1 / found.examples;
  if (isRight || (!isFar && !names)) return undefined;
  const said = names
    ? `The class names became numbers in alphabetical order: ${listed(names.map((name, i) => `${name.slice(0, 40)} ${i}`))}. Where the network counts them otherwise, every number here is of other labels.`
    : "";
  if (!isFar) return `${said} Save the labels as the network's class numbers to say it for certain.`;
  const share = (of: number) => `${formatNumber(100 * of, 3)} %`;
  const others = found.numbers.flatMap((number, i) =>
    number === i ? [] : [`${names?.[i]?.slice(0, 40) ?? i} as ${number}`],
  );
  const compared = `On ${found.examples} examples the network is right on ${share(found.accuracy)} of the labels; were they numbered otherwise (${listed(others)}), it would be on ${share(found.renumbered)}.`;
  return `${said} ${compared} Check that the network counts its classes as the labels do.`.trim();
}

function listed(items: readonly string[]): string {
  return items.slice(0, 10).join(", ") + (items.length > 10 ? ", …" : "");
}
