import type { ByteSource } from "../files/byte-source.ts";
import type { NamedArrays } from "./dataset.ts";

/** A data set that comes with the package: everything about it in one object. */
export interface BuiltInSet {
  /** What `--data` calls it. */
  readonly name: string;
  readonly title: string;
  /** What the examples are and how they are scaled. */
  readonly description: string;
  readonly licence: string;
  readonly citation: string;
  readonly url: string;
  /** File name in assets/. */
  readonly asset: string;
  /** Parts by name, as rows [start, end); the first is the one meant by the bare name. */
  readonly splits: Readonly<Record<string, readonly [start: number, end: number]>>;
  read(asset: ByteSource): NamedArrays;
}
