import { sizeOf } from "../util/tensor.ts";
import type { ModelFile, Parameter } from "./decode-model.ts";
import { listOf } from "./intake-error.ts";

const SHOWN = 4;

/** The parameters among those named (all where none are) of which nothing in the file says that they were trained. */
export function doubtfulParameters(model: ModelFile, names: readonly string[] | undefined): Parameter[] {
  const counted = names && new Set(names);
  return model.parameters.filter(({ name, open }) => open && counted?.has(name) !== false);
}

/** "pos_weight (3 numbers) counts as trained, though nothing in the file says so; --freeze pos_weight holds it constant." */
export function doubtSentence(doubtful: readonly Parameter[]): string | undefined {
  if (doubtful.length === 0) return undefined;
  const numbers = doubtful.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const size = numbers === 1 ? "1 number" : `${numbers} numbers`;
  const names = doubtful.map(({ label }) => label);
  const freeze = names.slice(0, SHOWN).map((name) => `--freeze ${name}`);
  if (names.length === 1)
    return `${names[0]} (${size}) counts as trained, though nothing in the file says so; ${freeze[0]} holds it constant.`;
  return `${listOf(names, SHOWN)} (${size}) count as trained, though nothing in the file says so; ${freeze.join(" ")}${names.length > SHOWN ? " …" : ""} ${names.length > SHOWN ? "holds such tensors constant, and --params counts none but what it names." : "holds them constant."}`;
}
