import type { Dataset, DatasetLabels } from "../data/dataset.ts";
import { everyLabel, withBitsForSigns, withClassNumbers, withLabels } from "../data/labels.ts";
import { classLayout, type ClassLayout } from "../problem/losses/class-layout.ts";
import { labelError, type Loss } from "../problem/losses/loss.ts";
import { agree } from "../problem/losses/shape-agreement.ts";
import { allocate, isFloat, type Shape, sizeOf, type Tensor, tensor } from "../util/tensor.ts";

/** What decides how labels are read. */
export interface LabelReading {
  readonly loss: Loss;
  /** Of a batch of `batch` examples. */
  readonly outputs: Shape;
  readonly batch: number;
  readonly classAxis: number | undefined;
  /** Whether the labels −1 and 1 of the data were read as 0 and 1. */
  readonly signs: boolean;
}

/** Two datasets whose labels have one form, or why they cannot have. */
export type LabelsAlike<Data, Test> = { readonly data: Data; readonly test: Test } | { readonly difference: string };

/**
 * Held-out labels in the form that those of the data were read in: class numbers whatever type they are stored in, with
 * or without axes of length 1, or marked in rows; classes that have names by their names. Where the data's are whole
 * numbers, theirs are not and the loss takes any, both are read as floats.
 *
 * @param data with labels as the loss takes them
 */
export function labelsAlike<Data extends Dataset, Test extends Dataset>(
  data: Data,
  test: Test,
  reading: LabelReading,
): LabelsAlike<Data, Test> {
  const { loss, outputs, batch, classAxis, signs } = reading;
  const mine = data.labels;
  const ofBatch = (shape: Shape) => [batch, ...shape];
  if (loss.readsNoLabels === true)
    return { data, test: withLabels(test, mine, ({ shape: [rows] }) => noughts([rows, ...mine.shape], mine.dtype)) };
  if (test.labelsMissing !== undefined) return { difference: "they have no labels" };
  const numbers = numberedAlike(mine, test.labels);
  if (numbers === undefined)
    return {
      difference: `the classes of the data are ${namesOf(mine)}, theirs ${namesOf(test.labels)}, and would have other numbers`,
    };
  const named = withLabels(test, test.labels, (y) => tensor(y.dtype, y.shape, y.data.map(numbers)));
  if (signs && !areSigns(named) && !everyLabel(named, (value) => value === 0 || value === 1))
    return { difference: "the labels of the data are −1 and 1, theirs others" };
  const read = signs && areSigns(named) ? withBitsForSigns(named) : named;
  const shaped = inShape(read, mine, {
    mine: classLayout(outputs, ofBatch(mine.shape), classAxis),
    theirs: classLayout(outputs, ofBatch(read.labels.shape), classAxis),
    hasClasses: loss.hasClasses === true,
    after: (axis) => sizeOf(outputs.slice(axis + 1)),
  });
  if (shaped === undefined)
    return {
      difference: `a label of the data has the shape [${mine.shape.join(", ")}], one of theirs [${test.labels.shape.join(", ")}]`,
    };
  if (isFloat(mine.dtype)) return { data, test: isFloat(shaped.labels.dtype) ? shaped : asFloats(shaped) };
  if (!isFloat(shaped.labels.dtype)) return { data, test: shaped };
  const takesAny = loss.misfit({ outputs, labels: ofBatch(mine.shape), labelType: "float64", classAxis }) === undefined;
  return takesAny && !everyLabel(shaped, Number.isSafeInteger)
    ? { data: asFloats(data), test: shaped }
    : { data, test: withClassNumbers(shaped) };
}

/** What the number of a class is in the data; undefined where a class of theirs is none of the data's. */
function numberedAlike(mine: DatasetLabels, theirs: DatasetLabels): ((label: number) => number) | undefined {
  if (mine.classNames === undefined && theirs.classNames === undefined) return (label) => label;
  const numbers = theirs.classNames?.map((name) => mine.classNames?.indexOf(name) ?? -1);
  return numbers === undefined || numbers.includes(-1) ? undefined : (label) => numbers[label];
}

function namesOf({ classNames }: DatasetLabels): string {
  return classNames?.join(", ") ?? "numbers";
}

/** Whether every label is −1 or 1, and one is −1: ones alone are the same in both readings. */
function areSigns(dataset: Dataset): boolean {
  return everyLabel(dataset, (value) => value === 1 || value === -1) && !everyLabel(dataset, (value) => value === 1);
}

function noughts(shape: Shape, dtype: Tensor["dtype"]): Tensor {
  return tensor(dtype, shape, allocate(dtype, sizeOf(shape)));
}

function asFloats<D extends Dataset>(dataset: D): D {
  const { shape } = dataset.labels;
  return withLabels(dataset, { dtype: "float64", shape }, (y) => tensor("float64", y.shape, Float64Array.from(y.data)));
}

interface Layouts {
  readonly mine: ClassLayout | undefined;
  readonly theirs: ClassLayout | undefined;
  readonly hasClasses: boolean;
  /** Elements of an example's outputs for each step along an axis. */
  readonly after: (axis: number) => number;
}

/** With labels of the shape of the data's; undefined where theirs are others. */
function inShape<D extends Dataset>(
  dataset: D,
  { shape }: DatasetLabels,
  { mine, theirs, hasClasses, after }: Layouts,
): D | undefined {
  const { shape: stored, dtype } = dataset.labels;
  if (stored.join() === shape.join()) return dataset;
  if (agree([1, ...stored], [1, ...shape]))
    return withLabels(dataset, { dtype, shape }, (y) => tensor(y.dtype, [y.shape[0], ...shape], y.data));
  if (!hasClasses || mine === undefined || theirs === undefined || mine.soft === theirs.soft) return undefined;
  const rows = { classes: theirs.classes, stride: after(theirs.axis) };
  if (mine.soft)
    return withLabels(dataset, { dtype, shape }, (y, first) => marked(y, [y.shape[0], ...shape], rows, first));
  return withLabels(dataset, { dtype, shape }, (y, first) => numbered(y, [y.shape[0], ...shape], rows, first));
}

/** Lines of `classes` numbers, `stride` apart. */
interface Lines {
  readonly classes: number;
  readonly stride: number;
}

/** Class numbers as lines with a 1 at the class. */
function marked(y: Tensor, shape: Shape, { classes, stride }: Lines, first: number): Tensor {
  const data = allocate(y.dtype, sizeOf(shape));
  y.data.forEach((label, i) => {
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw labelError(
        "label-outside-classes",
        `The held-out label of example ${first + exampleOf(y, i)} is ${label}, which no row of ${classes} classes marks, as the labels of the data are.`,
        `Give labels from 0 to ${classes - 1}, or rows as in the data.`,
      );
    data[Math.floor(i / stride) * classes * stride + label * stride + (i % stride)] = 1;
  });
  return tensor(y.dtype, shape, data);
}

/** Lines with a 1 at the class as class numbers. */
function numbered(y: Tensor, shape: Shape, { classes, stride }: Lines, first: number): Tensor {
  const data = allocate(y.dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    const start = Math.floor(i / stride) * classes * stride + (i % stride);
    const line = Array.from({ length: classes }, (_, k) => y.data[start + k * stride]);
    data[i] = line.indexOf(1);
    if (data[i] < 0 || line.some((value, k) => value !== (k === data[i] ? 1 : 0)))
      throw labelError(
        "test-differs",
        `The held-out label of example ${first + exampleOf(y, start)} is a row that marks no single class; the labels of the data are class numbers.`,
        "Give class numbers, or rows with a single 1 and zeros else.",
      );
  }
  return tensor(y.dtype, shape, data);
}

function exampleOf({ data, shape }: Tensor, element: number): number {
  return Math.floor(element / (data.length / shape[0]));
}
