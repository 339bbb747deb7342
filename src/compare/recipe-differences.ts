import type { z } from "zod";
import type { compareResult } from "../result/compare-result.ts";
import type { Frame } from "../result/envelope.ts";

type Recipe = z.output<typeof compareResult>["recipe"];

/** What a result says of how it was made, besides its flags. */
const MADE: Readonly<Record<string, (document: Frame) => string | number | null | undefined>> = {
  "model file": ({ model }) => model?.sha256.slice(0, 16),
  "weights file": ({ model }) => model?.weights?.sha256.slice(0, 16),
  precision: ({ precision }) => precision,
  thalweg: ({ thalweg }) => thalweg,
  engine: ({ runtime }) => runtime?.engine,
  device: ({ runtime }) => runtime?.device,
  "threads of the engine": ({ runtime }) => runtime?.threads,
  machine: ({ runtime }) => runtime?.platform,
};

/**
 * What differs in how the results were made: flags (those that `ignored` does not name), seeds, versions, machines.
 *
 * @param ignored flags that have no part in any number: how a run talks, where it writes
 */
export function recipeDifferences(documents: readonly Frame[], ignored: ReadonlySet<string>): Recipe {
  const flags = new Set(documents.flatMap(({ config }) => Object.keys(config)).filter((key) => !ignored.has(key)));
  const rows = [
    ...[...flags].map((name) => ({
      name: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      values: documents.map(({ config }) => (Object.hasOwn(config, name) ? config[name] : null)),
    })),
    ...Object.entries(MADE).map(([name, of]) => ({ name, values: documents.map((document) => of(document) ?? null) })),
  ];
  return rows.filter(({ values }) => values.some((value) => JSON.stringify(value) !== JSON.stringify(values[0])));
}

/** Whether the results are of the same weights, byte for byte; false where they do not say. */
export function haveSameWeights(documents: readonly Frame[]): boolean {
  const hashes = documents.map(({ model }) => model && `${model.sha256} ${model.weights?.sha256 ?? ""}`);
  return hashes.every((hash) => hash !== null && hash === hashes[0]);
}
