import { z } from "zod";
import { namesInSeries } from "../util/names-in-series.ts";
import { aboutOf, type Known, unstated } from "../result/known.ts";

/** A number of a result that can be set beside that of another. */
export interface NumberOfResult {
  /** Where it is in `result`: "hessian.top[0]", "layers[conv1].trace". */
  readonly path: string;
  readonly title: string;
  /** The instrument that measured it, where the result has several. */
  readonly instrument: string | undefined;
  /** Of no list, or the first of one that is in order: what is looked at first. */
  readonly leading: boolean;
  readonly known: Known;
}

/**
 * Every number of a result that its schema does not set aside, by path, with how well it is known. Numbers for which
 * neither their own schema nor that of the object around them states an error are there without one.
 *
 * @param json the result as its file holds it
 */
export function numbersOf(schema: z.ZodType, json: unknown): ReadonlyMap<string, NumberOfResult> {
  const numbers = new Map<string, NumberOfResult>();
  visit(schema, schema.parse(json), { path: "", elements: [], instrument: undefined, title: undefined, leading: true });
  return numbers;

  function visit(given: z.core.$ZodType, value: unknown, place: Place): void {
    const note = noteOf(given);
    if (note.aside === true || value === null || value === undefined) return;
    const here = { ...place, instrument: note.instrument ?? place.instrument, title: note.title ?? place.title };
    if (typeof value === "number") {
      put(here, unstated(value));
      return;
    }
    const inner = unwrapped(given);
    const members = note.members?.(value, json) ?? {};
    if (note.known !== undefined) put(here, note.known(value));
    if (inner instanceof z.ZodArray && Array.isArray(value)) {
      const element = inner.element;
      const names = namesOf(element, value);
      value.forEach((each, i) => {
        // A curve is no list of numbers to compare one by one.
        if (typeof each !== "number") visit(element, each, elementOf(here, names[i], i));
      });
    } else if (inner instanceof z.ZodObject && typeof value === "object") {
      const shape: z.core.$ZodShape = inner.shape;
      // Of an object inside the result it takes both names to know which number it is; an element of a list has its own.
      const around = here.path === "" || here.path.endsWith("]") ? undefined : here.title;
      for (const [key, each] of Object.entries(value)) {
        const type = Object.hasOwn(shape, key) ? shape[key] : undefined;
        if (type === undefined) continue;
        const known = members[key];
        const inside = { ...here, path: here.path === "" ? key : `${here.path}.${key}`, title: titled(key, around) };
        if (known !== undefined) putMember(type, known, inside);
        // What is one number with its errors has no others inside but those that it names.
        else if (note.known === undefined) visit(type, each, inside);
      }
    }
  }

  function putMember(type: z.core.$ZodType, known: Known | readonly Known[], place: Place): void {
    const note = noteOf(type);
    const here = { ...place, instrument: note.instrument ?? place.instrument, title: note.title ?? place.title };
    if ("value" in known) {
      put(here, known);
      return;
    }
    const list = unwrapped(type);
    const title = (list instanceof z.ZodArray ? noteOf(list.element).title : undefined) ?? here.title;
    known.forEach((each, i) => put(elementOf({ ...here, title }, undefined, i), each));
  }

  function put({ path, elements, title, instrument, leading }: Place, known: Known): void {
    // What is none was not measured: NaN as 0.1.0 wrote it.
    if (Number.isNaN(known.value)) return;
    const whole = [title ?? path, ...elements].join(", ");
    numbers.set(path, { path, title: whole, instrument, leading, known });
  }
}

interface Place {
  readonly path: string;
  /** The names of the list elements on the way. */
  readonly elements: readonly string[];
  readonly instrument: string | undefined;
  readonly title: string | undefined;
  readonly leading: boolean;
}

function elementOf(place: Place, name: string | undefined, position: number): Place {
  return {
    ...place,
    path: `${place.path}[${name ?? position}]`,
    elements: [...place.elements, name ?? `no. ${position + 1}`],
    leading: place.leading && name === undefined && position === 0,
  };
}

/** What tells the elements apart, so that lists of other length or order still meet; undefined: the position. */
function namesOf(element: z.core.$ZodType, values: readonly unknown[]): (string | undefined)[] {
  const { key = "name", keyIsPath = false } = noteOf(element);
  const keys = values.map((each) => {
    const name: unknown =
      typeof each === "object" && each !== null ? new Map(Object.entries(each)).get(key) : undefined;
    return typeof name === "string" ? name : undefined;
  });
  const paths = keys.filter((each) => each !== undefined);
  const names = keyIsPath && paths.length === keys.length ? namesInSeries(paths) : keys;
  const seen = new Map<string, number>();
  return names.map((name) => {
    if (name === undefined) return undefined;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

/** What a schema and those that it wraps say of the numbers. */
function noteOf(schema: z.core.$ZodType): NonNullable<ReturnType<typeof aboutOf>> {
  const own = aboutOf(schema) ?? {};
  return isWrapper(schema) ? { ...noteOf(schema.unwrap()), ...own } : own;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return isWrapper(schema) ? unwrapped(schema.unwrap()) : schema;
}

function isWrapper(schema: z.core.$ZodType): schema is z.ZodNullable | z.ZodOptional | z.ZodDefault {
  return schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
}

/** "meanActiveShare" → "Mean active share"; inside of "Units", "Units, mean active share". */
function titled(key: string, around: string | undefined): string {
  const text = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return around === undefined ? text.charAt(0).toUpperCase() + text.slice(1) : `${around}, ${text}`;
}
