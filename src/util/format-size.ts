import { formatNumber } from "./format-number.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** "0.4 ms", "12 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(ms: number): string {
  if (ms < SECOND) return `${formatNumber(ms, 2)} ms`;
  if (ms < MINUTE) return `${formatNumber(ms / SECOND, 2)} s`;
  if (ms < HOUR) {
    const seconds = Math.round(ms / SECOND);
    return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  const minutes = Math.round(ms / MINUTE);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "512 B", "1.5 MiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let size = bytes;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${formatNumber(size, 3)} ${units[unit]}`;
}

/** "1 810", with narrow groups of three that every terminal shows. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, " ");
}

/**
 * "1 example", "1 437 examples".
 *
 * @param plural where it is not the noun with an s: "classes"
 */
export function formatCounted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** "1.2 M": a count where its size alone matters. */
export function formatLarge(count: number): string {
  for (const [size, letter] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (count >= size) return `${formatNumber(count / size, 3)} ${letter}`;
  }
  return `${Math.round(count)} `;
}

/** "640 × 480", "scalar". */
export function formatShape(shape: readonly (number | string | undefined)[]): string {
  return shape.length === 0 ? "scalar" : `[${shape.map((extent) => extent ?? "?").join(", ")}]`;
}
