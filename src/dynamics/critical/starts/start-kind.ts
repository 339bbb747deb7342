import type { z } from "zod";
import type { RandomStream } from "../../../random/random-stream.ts";
import { readOptions } from "../../../util/options.ts";

/** What starts are made of. */
export interface StartSite {
  /** The weights of the file. */
  readonly theta: Float64Array;
  /** Its tensors in the flat vector. */
  readonly tensors: readonly { readonly offset: number; readonly size: number }[];
  /** Weights in other files. */
  readonly along: readonly Float64Array[];
}

/** A way of choosing where searches start, with its numbers. */
export interface StartKind {
  readonly name: string;
  readonly summary: string;
  readonly parameters: z.ZodObject;
  /** Whether it starts from weights in other files: there are as many starts as files. */
  readonly fromFiles: boolean;
  /** @throws usage error `bad-option` */
  with(options: object): (site: StartSite, index: number, random: RandomStream) => Float64Array;
}

interface Definition<Parameters extends z.ZodObject> extends Pick<StartKind, "name" | "summary"> {
  readonly parameters: Parameters;
  readonly fromFiles?: boolean;
  start(options: z.output<Parameters>, site: StartSite, index: number, random: RandomStream): Float64Array;
}

export function defineStartKind<Parameters extends z.ZodObject>({
  start,
  ...definition
}: Definition<Parameters>): StartKind {
  return {
    ...definition,
    fromFiles: definition.fromFiles ?? false,
    with(given) {
      const options = readOptions(definition.name, definition.parameters, given);
      return (site, index, random) => start(options, site, index, random);
    },
  };
}

/** Root mean square of a part of the weights; of all of them where the part is 0, and 1 where all are. */
export function sizeOfPart({ theta }: StartSite, offset: number, size: number): number {
  return rootMeanSquare(theta.subarray(offset, offset + size)) || rootMeanSquare(theta) || 1;
}

function rootMeanSquare(x: Float64Array): number {
  return x.length === 0 ? 0 : Math.sqrt(x.reduce((sum, each) => sum + each * each, 0) / x.length);
}
