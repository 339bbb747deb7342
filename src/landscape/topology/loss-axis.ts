/** From this ratio of the levels on, an axis of losses is logarithmic. */
const WIDE = 50;

/** Scale and ticks of an axis of losses: logarithmic where all are positive and span decades. */
export function lossAxis(lowest: number, highest: number) {
  const isLogarithmic = lowest > 0 && highest > WIDE * lowest;
  return {
    scale: isLogarithmic
      ? { type: "log" as const, domain: [lowest / 1.1, highest * 1.1], nice: false }
      : { zero: false, nice: false, domain: padded(lowest, highest) },
    axis: { tickCount: 6, format: "~g" },
    title: isLogarithmic ? "loss (logarithmic)" : "loss",
  };
}

function padded(lowest: number, highest: number): number[] {
  const margin = 0.04 * (highest - lowest) || Math.abs(lowest) || 1;
  return [lowest - margin, highest + margin];
}
