import { z } from "zod";
import { sha256 } from "../files/sha256.ts";
import type { compareResult } from "../result/compare-result.ts";
import type { Frame } from "../result/envelope.ts";
import { flagOf } from "../util/kebab.ts";

type Recipe = z.output<typeof compareResult>["recipe"];

/** What a result says of how it was made, besides its flags. */
const MADE: Readonly<Record<string, (document: Frame) => string | number | null | undefined>> = {
  "model file": ({ model }) => model?.sha256.slice(0, SHOWN),
  "weights file": (document) => shortened(weightsOf(document)),
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
      name: flagOf(name),
      values: documents.map(({ config }) => (Object.hasOwn(config, name) ? config[name] : null)),
    })),
    ...Object.entries(MADE).map(([name, of]) => ({ name, values: documents.map((document) => of(document) ?? null) })),
  ];
  return rows.filter(({ values }) => values.some((value) => JSON.stringify(value) !== JSON.stringify(values[0])));
}

/** Whether the results are of the same weights, byte for byte; false where they do not say. */
export function haveSameWeights(documents: readonly Frame[]): boolean {
  const hashes = documents.map((document) => {
    const weights = weightsOf(document);
    return document.model && weights && [document.model.sha256, ...weights.toSorted()].join(" ");
  });
  return hashes.every((hash) => typeof hash === "string" && hash === hashes[0]);
}

const SERIES = z.object({ weights: z.array(z.string()) });

/**
 * The hashes of the files of weights: of all in a series, in its order, of which the summary of the model holds the first
 * only; none where the model holds its weights itself. Undefined where a hash is not known.
 */
function weightsOf({ model, config, inputs }: Frame): string[] | undefined {
  const series = SERIES.safeParse(config);
  if (!series.success) return model?.weights ? [model.weights.sha256] : [];
  const hashes = series.data.weights.flatMap((path) => inputs?.find((each) => each.path === path)?.sha256 ?? []);
  return hashes.length === series.data.weights.length ? hashes : undefined;
}

/** Enough of the hash of a file, or of those of several, to tell them from others. */
function shortened(hashes: readonly string[] | undefined): string | undefined {
  if (hashes === undefined || hashes.length === 0) return undefined;
  if (hashes.length === 1) return hashes[0].slice(0, SHOWN);
  const all = sha256();
  all.update(new TextEncoder().encode(hashes.join("\n")));
  return `${hashes.length} files, ${all.digest("hex").slice(0, SHOWN)}`;
}

const SHOWN = 16;
