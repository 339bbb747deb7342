import type { ModelFile } from "./decode-model.ts";
import { sizeOf } from "../util/tensor.ts";

/** What a run could have differentiated with respect to, and does not. */
export interface HeldConstant {
  readonly tensors: number;
  /** Numbers in them. */
  readonly parameters: number;
  /** The largest, by the names that they are shown under. */
  readonly names: readonly string[];
  /** The flag that adds them, all. */
  readonly flag: string;
}

const SHOWN = 3;
/** Tensors that --freeze holds come back by leaving it away. */
const UNFROZEN = " without --freeze";
/** Names that a flag in a sentence has, at most. */
const LONGEST = 8;

/**
 * Counts the tensors that could be trained and are held constant: parameters that `--params` left out,
 * and tensors of which the file does not say whether they were trained. Undefined where there are none.
 */
export function heldConstant(model: ModelFile, chosen: readonly string[] | undefined): HeldConstant | undefined {
  const selected = chosen && new Set(chosen);
  const left = model.parameters.filter(({ name }) => selected?.has(name) === false);
  const open = [...model.statistics, ...model.constants].filter(
    ({ name, open: undecided }) => undecided && selected?.has(name) !== true,
  );
  const held = [...left, ...open].toSorted((a, b) => sizeOf(b.shape) - sizeOf(a.shape));
  if (held.length === 0) return undefined;
  const label = (name: string) => model.labels.get(name) ?? name;
  const added = open.toSorted((a, b) => sizeOf(b.shape) - sizeOf(a.shape));
  return {
    tensors: held.length,
    parameters: held.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    names: held.slice(0, SHOWN).map(({ name }) => label(name)),
    flag: `--params '${["*", ...added.map(({ name }) => label(name))].join(",")}'${left.length > 0 ? UNFROZEN : ""}`,
  };
}

/** "2 tensors (36 numbers) could be trained and are held constant: pe, mean; --params '*,pe,mean' adds them." */
export function heldSentence({ tensors, parameters, names, flag }: HeldConstant): string {
  const many = tensors === 1 ? "1 tensor" : `${tensors} tensors`;
  const numbers = parameters === 1 ? "1 number" : `${parameters} numbers`;
  const added = flag.split(",");
  const short = added.length > LONGEST + 1;
  const how = short
    ? `${added.slice(0, SHOWN + 1).join(",")},…' with the names that \`thalweg inspect MODEL\` lists${flag.endsWith(UNFROZEN) ? `,${UNFROZEN},` : ""} adds`
    : `${flag} adds`;
  const more = tensors > names.length ? ` and ${tensors - names.length} more` : "";
  return `${many} (${numbers}) could be trained and ${tensors === 1 ? "is" : "are"} held constant: ${names.join(", ")}${more}; ${how} ${tensors === 1 ? "it" : "them"}.`;
}
