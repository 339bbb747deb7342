import { isNotFinite } from "../../util/thalweg-error.ts";

/** What a function is at a place; undefined where it has no finite value there, as behind the logarithm of a negative number. */
export async function withinDomain<T>(f: () => Promise<T>): Promise<T | undefined> {
  try {
    return await f();
  } catch (error) {
    if (!isNotFinite(error)) throw error;
    return undefined;
  }
}
