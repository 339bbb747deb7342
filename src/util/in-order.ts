/**
 * Starts work on many things side by side, `most` at a time, and calls what each returns in the order of
 * the things, so that sums are the same on every run.
 *
 * @throws the first error, in the order of the things, once nothing is under way any more
 */
export async function inOrder<T>(
  things: Iterable<T>,
  most: number,
  start: (thing: T) => Promise<() => void>,
): Promise<void> {
  const running: Promise<() => void>[] = [];
  const finishFirst = async (): Promise<void> => {
    const finish = await running.shift();
    finish?.();
  };
  try {
    for (const thing of things) {
      const work = start(thing);
      // Its turn to be awaited comes later; until then nobody listens.
      work.catch(() => undefined);
      running.push(work);
      if (running.length === most) await finishFirst();
    }
    while (running.length > 0) await finishFirst();
  } finally {
    await Promise.allSettled(running);
  }
}
