import { existsSync } from "node:fs";
import type { z } from "zod";
import { isNetName } from "../nets/make-net.ts";
import { NETS } from "../nets/registry.ts";
import type { Options } from "../runs/subject.ts";
import { TOYS } from "../toys/registry.ts";
import { flagOf } from "../util/kebab.ts";
import { didYouMean } from "../util/suggest.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * Stops where a text is neither a file nor written as one, and no built-in network is called so: a toy or a network that
 * is misspelt.
 *
 * @throws usage error `unknown-choice`
 */
export function requireNetwork(text: string): void {
  const [name] = text.split(/[:@]/);
  if (!isNetName(text) || NETS.some((net) => net.name === name) || existsSync(text)) return;
  const toys = TOYS.map((toy) => toy.name);
  throw new ThalwegError({
    kind: "usage",
    code: "unknown-choice",
    message: `There is no toy "${name}", no built-in network and no file of that name; toys are ${toys.join(", ")}.`,
    hint: didYouMean(name, [...toys, ...NETS.map((net) => net.name)]) ?? "`thalweg nets` lists the networks.",
  });
}

/** What every run is told. */
const ALWAYS: ReadonlySet<string> = new Set(["threads"]);

/**
 * Stops where flags that lead to a network are given, and there is none.
 *
 * @param because what there is instead, as half a sentence
 * @throws usage error `no-network`
 */
export function requireNoNetwork(options: Options, flags: z.ZodObject, because: string): void {
  const usual = new Map<string, unknown>(Object.entries(flags.parse({})));
  const given = Object.keys(flags.shape).find(
    (key) => !ALWAYS.has(key) && options[key] !== undefined && options[key] !== usual.get(key),
  );
  if (given === undefined) return;
  throw new ThalwegError({
    kind: "usage",
    code: "no-network",
    message: `${flagOf(given)} is about a network and its data, and ${because}.`,
    hint: "Leave it away, or name a network.",
  });
}
