/**
 * A number for a sentence, with the digits that its uncertainty supports: the last digit shown is the
 * first one that the uncertainty touches; four significant digits where it is exact.
 *
 * @example
 * figure(11.5613, 0.02); // "11.56"
 * figure(0.0004213, 0); // "0.0004213"
 */
export function figure(value: number | null | undefined, uncertainty = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "n/a";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const spread = Math.abs(uncertainty);
  let digits = 4;
  if (spread > 0 && Number.isFinite(spread)) {
    digits = size > spread ? Math.min(4, Math.max(1, Math.floor(Math.log10(size)) - Math.floor(Math.log10(spread)) + 1)) : 1;
  }
  return spell(value, digits);
}

function spell(value: number, digits: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(digits));
  const exponent = Math.floor(Math.log10(Math.abs(rounded)));
  const text = exponent < -4 || exponent >= 6 ? rounded.toExponential(digits - 1) : rounded.toFixed(Math.max(0, digits - 1 - exponent));
  return text.replace("-", "−").replace("e−", "e-").replace("e+", "e");
}

/** 0.123 → "12 %". */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return "n/a";
  const hundredths = share * 100;
  return `${hundredths !== 0 && Math.abs(hundredths) < 10 ? hundredths.toPrecision(2) : Math.round(hundredths)} %`;
}
