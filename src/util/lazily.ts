/**
 * A computation that is made when it is first asked for, and kept.
 *
 * @example
 * const loss = lazily(() => problem.value());
 * (await loss()) === (await loss()); // true: one forward pass
 */
export function lazily<T>(compute: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => (pending ??= compute());
}
