import type { Problem } from "../problem/problem.ts";
import type { Need, Quantity } from "./quantity.ts";
import type { Options, Setting } from "./setting.ts";
import { requireUnique } from "../util/require-unique.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type Vocabulary, type Word, wordsOf } from "./vocabulary.ts";

/**
 * Whatever may be needed, in any setting.
 *
 * @throws internal error `name-taken`
 */
function everythingIn(needs: readonly Need[]): ReadonlySet<Quantity> {
  const found = reachedFrom(needs);
  requireUnique([...found], ({ name }) => name, "quantities");
  return found;
}

function reachedFrom(needs: readonly Need[], found = new Set<Quantity>()): ReadonlySet<Quantity> {
  for (const { quantity } of needs) {
    if (found.has(quantity)) continue;
    found.add(quantity);
    reachedFrom(quantity.needs, found);
  }
  return found;
}

/** What is needed in a setting, each after all that it is made of. */
export function neededQuantities(
  needs: readonly Need[],
  setting: Setting,
  found = new Set<Quantity>(),
): ReadonlySet<Quantity> {
  for (const need of needs) {
    if (found.has(need.quantity) || !need.when(setting)) continue;
    neededQuantities(need.quantity.needs, setting, found);
    found.add(need.quantity);
  }
  return found;
}

/** The parameters of all that may be needed. */
export function wordsOfNeeds(needs: readonly Need[]): Word[] {
  return [...everythingIn(needs)].flatMap(({ parameters }) => wordsOf(parameters));
}

/**
 * The setting of a run that needs these. Whether something is wanted may hang on what else is: a set that agrees with
 * itself is sought from none on.
 *
 * @throws ZodError for a value that a parameter does not take; internal error `needs-contradict` where no set agrees
 */
export function settingOf(
  run: {
    readonly problem: Problem;
    readonly options: Options;
    readonly hasBudget?: boolean;
    /** The names that parameters go by in the options; their own words when absent. */
    readonly vocabulary?: Vocabulary;
  },
  needs: readonly Need[],
): Setting {
  const { problem, options, hasBudget = false, vocabulary } = run;
  let wanted: ReadonlySet<object> = new Set();
  const setting: Setting = {
    problem,
    hasBudget,
    parametersOf: ({ parameters }) => vocabulary?.read(parameters, options) ?? parameters.parse(options),
    wants: (quantity) => wanted.has(quantity),
  };
  for (const quantity of everythingIn(needs)) setting.parametersOf(quantity);
  const tried: ReadonlySet<object>[] = [];
  for (;;) {
    const found = neededQuantities(needs, setting);
    if (isSame(found, wanted)) return setting;
    if (tried.some((each) => isSame(each, found))) throw contradiction(needs);
    tried.push(found);
    wanted = found;
  }
}

function isSame(a: ReadonlySet<object>, b: ReadonlySet<object>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

function contradiction(needs: readonly Need[]): ThalwegError {
  const names = [...everythingIn(needs)].map(({ name }) => `"${name}"`);
  return new ThalwegError({
    kind: "internal",
    code: "needs-contradict",
    message: `Among these, one is needed if it is not, and not if it is: ${names.join(", ")}.`,
  });
}
