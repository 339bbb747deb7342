import type { z } from "zod";
import { chosen } from "./chosen.ts";
import { kebab } from "./kebab.ts";
import { ThalwegError } from "./thalweg-error.ts";

/** Something that is known by its name and has numbers. */
interface Named {
  readonly name: string;
  readonly parameters: z.ZodObject;
}

/**
 * A thing with its numbers, as it is typed: a name, then after colons values in the order of its parameters, or
 * name=value. The name itself may have colons.
 *
 * @param what what things are called: "optimiser"
 * @returns the thing and what is given of its options, not yet looked at
 * @throws usage error `unknown-choice`, `bad-specification`
 *
 * @example
 * readSpecification("optimiser", "adam:0.1:beta1=0.5", OPTIMIZERS); // { chosen: adam, options: { lr: 0.1, beta1: 0.5 } }
 */
export function readSpecification<T extends Named>(
  what: string,
  text: string,
  choices: readonly T[],
): { readonly chosen: T; readonly options: Record<string, unknown> } {
  const parts = text.split(":");
  const isNamed = (count: number) => choices.find(({ name }) => name === parts.slice(0, count).join(":"));
  const count = parts.map((_, i) => parts.length - i).find((length) => isNamed(length) !== undefined);
  const found = (count === undefined ? undefined : isNamed(count)) ?? chosen(what, parts[0], choices);
  const keys = Object.keys(found.parameters.shape);
  const options: Record<string, unknown> = {};
  parts.slice(count ?? 1).forEach((part, i) => {
    const [before, ...after] = part.split("=");
    const key = after.length === 0 ? keys.at(i) : (keys.find((each) => kebab(each) === kebab(before)) ?? before);
    if (key === undefined || part === "")
      throw new ThalwegError({
        kind: "usage",
        code: "bad-specification",
        message: `"${part}" in "${text}" is no number of ${found.name}, which has ${keys.length === 0 ? "none" : keys.join(", ")}.`,
        hint: `Give numbers in that order, or as name=value: ${found.name}:${keys[0] ?? ""}=….`,
      });
    options[key] = valueOf(after.length === 0 ? part : after.join("="));
  });
  return { chosen: found, options };
}

function valueOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text.trim() === "" || (Number.isNaN(number) && text !== "NaN") ? text : number;
}
