import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { z } from "zod";
import { type commandLine, fixture, readArrays } from "./command-line.ts";

/** A training whose losses PyTorch gave, from the same weights in the same order (training/make-curves.py). */
export interface TorchCurve {
  readonly network: string;
  readonly losses: readonly number[];
  /** The command, without its folder. */
  readonly args: readonly string[];
  readonly title: string;
}

const schema = z.array(z.object({ network: z.string(), command: z.array(z.string()), losses: z.array(z.number()) }));

export function curvesOf(isWanted: (network: string) => boolean): TorchCurve[] {
  const all = schema.parse(JSON.parse(readFileSync(fixture("training/torch-curves.json"), "utf8")));
  return all
    .filter(({ network }) => isWanted(network))
    .map(({ network, command, losses }) => {
      const args = command.slice(0, command.indexOf("-o"));
      return { network, losses, args, title: args.slice(1).join(" ") };
    });
}

/** The losses of our own training. */
export async function followed(
  { here, at }: Pick<ReturnType<typeof commandLine>, "here" | "at">,
  { args }: TorchCurve,
): Promise<number[]> {
  const found = args.map((word) => (word.startsWith("test/training/") ? fixture(word.slice(5)) : word));
  const folder = `curve ${found
    .slice(1)
    .join(" ")
    .replaceAll(/[^a-z0-9.-]+/g, "-")}`;
  const run = await here([...found, "-o", folder]);
  expect(run.code, run.err).toBe(0);
  return Array.from(readArrays(at(folder, "arrays.npz")).get("loss")?.data ?? []);
}
