/**
 * Both results, once neither is under way any more: unlike `Promise.all`, an error of one does not leave the
 * other running unobserved.
 *
 * @throws the first one's error, else the second's
 *
 * @example
 * await together(Promise.resolve(1), Promise.resolve("a")); // → [1, "a"]
 */
export async function together<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
