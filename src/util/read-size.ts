const UNITS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };

/** What {@link readSize} reads. */
export const SIZE = /^(\d+(?:\.\d+)?) ?([kmgt])(i?)b?$/i;

/**
 * A size of memory in bytes: "8GB" are 8·10⁹, "8GiB" 8·2³⁰; undefined for what is none.
 *
 * @example
 * readSize("1.5GB"); // 1500000000
 */
export function readSize(text: string): number | undefined {
  const [, number, unit, binary] = SIZE.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Math.floor(Number(number) * (binary === "" ? 1000 : 1024) ** UNITS[unit.toLowerCase()]);
}
