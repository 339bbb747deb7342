import type { SchemaElement, SchemaTree } from "hyparquet/src/types.js";
import { type ElementName } from "./element-type.ts";
import { float16 } from "./half-float.ts";

/** What a column of a Parquet file holds. */
export type ColumnContent =
  | {
      readonly kind: "numbers";
      readonly storedAs: ElementName;
      /** The number that a stored value stands for. */
      readonly number: (value: unknown) => number;
    }
  | { readonly kind: "text" }
  /** No numbers: what they are, for messages. */
  | { readonly kind: "other"; readonly title: string };

/** A column of values; lists and structures hold one or several of them. */
export interface ParquetColumn {
  /** Its path in the schema without the levels that lists add. */
  readonly name: string;
  /** Its full path in the schema, as column chunks name it. */
  readonly path: string;
  readonly element: SchemaElement;
  readonly content: ColumnContent;
  /** How many lists are around a value. */
  readonly lists: number;
  /** How many levels may be absent: where a value's level is less, it, or a list around it, is missing. */
  readonly optional: number;
}

/** The columns of a schema in the order of the file. */
export function parquetColumns(root: SchemaTree): ParquetColumn[] {
  const found: ParquetColumn[] = [];
  const walk = (node: SchemaTree, above: readonly SchemaTree[]) => {
    const path = [...above, node];
    if (node.children.length > 0) return node.children.forEach((child) => walk(child, path));
    const repeated = path.map(({ element }) => element.repetition_type === "REPEATED");
    found.push({
      // "list" and "element" of a list say nothing.
      name: path
        .flatMap(({ element }, i) => (i > 0 && (repeated[i] || repeated[i - 1]) ? [] : [element.name]))
        .join("."),
      path: JSON.stringify(path.map(({ element }) => element.name)),
      element: node.element,
      content: contentOf(node.element),
      lists: repeated.filter(Boolean).length,
      optional: path.filter(({ element }) => element.repetition_type !== "REQUIRED").length,
    });
  };
  root.children.forEach((child) => walk(child, []));
  return found;
}

const NOT_NUMBERS = /^(DATE|TIME|TIMESTAMP|INTERVAL|JSON|BSON|UUID|MAP|VARIANT|GEOMETRY|GEOGRAPHY|FILE)/;

function contentOf(element: SchemaElement): ColumnContent {
  const { type, logical_type, converted_type } = element;
  const logical = logical_type?.type ?? converted_type ?? "";
  const meaning = NOT_NUMBERS.exec(logical)?.[0];
  if (meaning !== undefined) return { kind: "other", title: `values of the type ${meaning}` };
  if (logical === "DECIMAL") return { kind: "numbers", storedAs: "float64", number: decimal(element.scale ?? 0) };
  switch (type) {
    case "BOOLEAN":
      return { kind: "numbers", storedAs: "bool", number: (value) => (value === true || value === 1 ? 1 : 0) };
    case "INT32":
    case "INT64":
      return integers(element);
    case "FLOAT":
      return { kind: "numbers", storedAs: "float32", number: plainNumber };
    case "DOUBLE":
      return { kind: "numbers", storedAs: "float64", number: plainNumber };
    case "BYTE_ARRAY":
      if (/^(STRING|UTF8|ENUM)$/.test(logical)) return { kind: "text" };
      return { kind: "other", title: "bytes, as those of an encoded image" };
    case "FIXED_LEN_BYTE_ARRAY":
      if (logical === "FLOAT16" && element.type_length === 2)
        return { kind: "numbers", storedAs: "float16", number: half };
      return { kind: "other", title: "bytes" };
    case "INT96":
      return { kind: "other", title: "values of the type TIMESTAMP" };
    default:
      return { kind: "other", title: "nothing" };
  }
}

function integers({ type, logical_type, converted_type }: SchemaElement): ColumnContent {
  const given = logical_type?.type === "INTEGER" ? logical_type : undefined;
  const [, unsigned, width] = /^(U?)INT_(\d+)$/.exec(converted_type ?? "") ?? [];
  const isUnsigned = given ? !given.isSigned : unsigned === "U";
  const bits = given?.bitWidth ?? Number(width ?? (type === "INT32" ? 32 : 64));
  const storedAs = INTEGERS.find((name) => name === `${isUnsigned ? "u" : ""}int${bits}`) ?? "int64";
  const number = (value: unknown) => {
    if (typeof value === "bigint") return Number(isUnsigned ? BigInt.asUintN(64, value) : value);
    return isUnsigned ? plainNumber(value) >>> 0 : plainNumber(value);
  };
  return { kind: "numbers", storedAs, number };
}

const INTEGERS: readonly ElementName[] = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"];

function plainNumber(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

function half(value: unknown): number {
  return value instanceof Uint8Array ? float16(value[0] | (value[1] << 8)) : NaN;
}

/** The nearest float64 to the decimal fraction. */
function decimal(scale: number): (value: unknown) => number {
  return (value) => {
    const whole = value instanceof Uint8Array ? bigEndian(value) : value;
    return typeof whole === "bigint" || typeof whole === "number" ? Number(`${whole}e${-scale}`) : NaN;
  };
}

/** In two's complement. */
function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, value);
}
