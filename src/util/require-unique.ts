import { ThalwegError } from "./thalweg-error.ts";

/**
 * Things that are known by their names, where no two share one: results and words would be those of the one or the other.
 *
 * @param what what they are, as a sentence calls them: "tasks of the experiment profile"
 * @throws internal error `name-taken`
 */
export function requireUnique<T>(all: readonly T[], nameOf: (each: T) => string, what: string): readonly T[] {
  const known = new Map<string, T>();
  for (const each of all) {
    const name = nameOf(each);
    if (known.has(name) && known.get(name) !== each) {
      throw new ThalwegError({ kind: "internal", code: "name-taken", message: `Two ${what} are called "${name}".` });
    }
    known.set(name, each);
  }
  return all;
}
