/**
 * Values of one kind, each made when it is first asked for and kept as long as its key lives.
 *
 * @example
 * const kept = keptBy<number>();
 * kept(problem, () => problem.examples); // made
 * kept(problem, () => problem.examples); // the same, not made again
 */
export function keptBy<V>(): (key: WeakKey, make: () => V) => V {
  const values = new WeakMap<WeakKey, { readonly value: V }>();
  return (key, make) => {
    const known = values.get(key);
    if (known) return known.value;
    const value = make();
    values.set(key, { value });
    return value;
  };
}
