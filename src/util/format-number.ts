/** More digits than these are never printed, however small the uncertainty: the file has them all. */
const MOST_DIGITS = 6;

/** What stands where nothing was measured. Never 0. */
const NOT_AVAILABLE = "n/a";

/**
 * A number with at most `digits` significant digits, in the plain spelling that every terminal shows:
 * "0.0123", "1.23e-5", "-4.1e9". Zeros at the end stand for digits that were rounded away: a number that has none, as one that
 * was set, ends before. Missing is "n/a"; NaN and ±∞ are said as such.
 *
 * @example
 * formatNumber(1234.5678); // "1235"
 * formatNumber(0.05); // "0.05"
 * formatNumber(0.0499999); // "0.05000"
 * formatNumber(null); // "n/a"
 */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return NOT_AVAILABLE;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value === 0) return "0";
  const text = toDigits(value, digits);
  return Number(text) === value ? withoutTrailingZeros(text) : text;
}

/** With all of its digits, those that are 0 too: where they are known. */
function toDigits(value: number, digits: number): string {
  if (value === 0 || !Number.isFinite(value)) return formatNumber(value);
  const rounded = Number(value.toPrecision(digits));
  const exponent = exponentOf(rounded);
  if (needsPowerOfTen(exponent)) return spellPower(rounded, digits - 1, exponent);
  return rounded.toFixed(Math.max(0, digits - 1 - exponent));
}

/**
 * A number that something is no less, or no more, than: rounded so that this stays true.
 *
 * @example
 * formatBound(0.12345, 2, "most"); // "0.13"
 * formatBound(-0.12345, 2, "least"); // "-0.13"
 */
export function formatBound(value: number, digits: number, end: "least" | "most"): string {
  if (value === 0 || !Number.isFinite(value)) return formatNumber(value);
  const near = Number(value.toPrecision(digits));
  const isOutside = end === "most" ? near >= value : near <= value;
  const unit = 10 ** (exponentOf(value) - digits + 1);
  return toDigits(isOutside ? near : near + (end === "most" ? unit : -unit), digits);
}

/**
 * A measured value with its uncertainty, both to the digits that the uncertainty justifies: one digit
 * of the uncertainty, two when its first is 1 or 2. An uncertainty of 0 means exact up to `rounding`: no
 * digit is shown whose half unit is less than that, and where none is left the rounding stands as uncertainty.
 *
 * @example
 * formatEstimate(3.46291, 0.0213); // "3.463 ± 0.021"
 * formatEstimate(0.0000123, 0.0000004); // "(1.23 ± 0.04)e-5"
 * formatEstimate(12, 0); // "12"
 * formatEstimate(11.56157, 0, 0.0004); // "11.562"
 */
export function formatEstimate(
  value: number | null | undefined,
  uncertainty: number | null | undefined,
  rounding = 0,
): string {
  if (value === null || value === undefined) return NOT_AVAILABLE;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (uncertainty === null || uncertainty === undefined) return formatNumber(value);
  if (uncertainty === 0) return formatExact(value, rounding);
  if (rounding > uncertainty) return formatEstimate(value, rounding);
  if (!Number.isFinite(uncertainty)) return `${formatNumber(value, 1)} ± ${formatNonFinite(uncertainty)}`;

  const { digits, exponent: uncertaintyExponent } = justifiedDigits(uncertainty);
  const largest = Math.max(exponentOf(Number(value.toPrecision(MOST_DIGITS))), uncertaintyExponent);
  const lastPlace = uncertaintyExponent - digits + 1;
  if (largest - lastPlace >= MOST_DIGITS) return `${toDigits(value, MOST_DIGITS)} ± ${formatNumber(uncertainty, 1)}`;
  if (!needsPowerOfTen(largest) && -lastPlace <= MOST_DIGITS) {
    const decimals = Math.max(0, -lastPlace);
    return `${roundTo(value, lastPlace).toFixed(decimals)} ± ${roundTo(uncertainty, lastPlace).toFixed(decimals)}`;
  }
  const decimals = largest - lastPlace;
  const scale = 10 ** -largest;
  return `(${unsignedZero((value * scale).toFixed(decimals))} ± ${(uncertainty * scale).toFixed(decimals)})e${largest}`;
}

function formatExact(value: number, rounding: number): string {
  if (rounding === 0) return withoutTrailingZeros(formatNumber(value, MOST_DIGITS));
  if (!Number.isFinite(rounding)) return formatEstimate(value, rounding);
  // The smallest power of ten whose half is no less than the rounding.
  const lastPlace = Math.ceil(Math.log10(2 * rounding));
  const digits = exponentOf(value) - lastPlace + 1;
  if (digits < 1) return formatEstimate(value, rounding);
  const text = toDigits(value, Math.min(MOST_DIGITS, digits));
  // Zeros that the rounding allows are digits too; beyond what is ever printed they say nothing.
  return digits > MOST_DIGITS ? withoutTrailingZeros(text) : text;
}

/**
 * A measured value alone, for a sentence: down to the first digit that the uncertainty touches, four
 * significant digits where it is exact.
 *
 * @example
 * formatMeasured(11.5613, 0.2); // "11.6"
 * formatMeasured(11.5613); // "11.56"
 */
export function formatMeasured(value: number | null | undefined, uncertainty: number | null = 0): string {
  const spread = Math.abs(uncertainty ?? 0);
  if (!value || spread === 0 || !Number.isFinite(spread)) return formatNumber(value);
  return toDigits(value, Math.min(4, Math.max(1, exponentOf(value) - exponentOf(spread) + 1)));
}

/**
 * A share as per cent. What is small but not zero is never rounded to 0, nor what is short of all to 100.
 *
 * @example
 * formatShare(0.9637); // "96.4 %"
 * formatShare(0.00001); // "< 0.1 %"
 */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined) return NOT_AVAILABLE;
  if (!Number.isFinite(share)) return formatNonFinite(share);
  if (share === 0 || share === 1) return `${share * 100} %`;
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  if (share < 1 && share >= 0.9995) return "> 99.9 %";
  // No share, but a ratio said as one: three digits of it are enough.
  if (Math.abs(share) >= MANY) return `${formatNumber(share * 100, 3)} %`;
  return `${(share * 100).toFixed(1)} %`;
}

/**
 * A share that something is no less, or no more, than: rounded so that this stays true.
 *
 * @example
 * formatShareBound(0.99753, "least"); // "99.7 %"
 * formatShareBound(0.99712, "most"); // "99.8 %"
 */
export function formatShareBound(share: number, end: "least" | "most"): string {
  const tenths = end === "least" ? Math.floor(share * 1000) : Math.ceil(share * 1000);
  return Math.abs(tenths) < 1000 * MANY
    ? `${(tenths / 10).toFixed(tenths === 0 || tenths === 1000 ? 0 : 1)} %`
    : formatShare(share);
}

/** From so many times the whole on, digits behind the point say nothing. */
const MANY = 100;

/**
 * The plain spelling as it is set in print: a true minus sign, and powers of ten.
 *
 * @example
 * typeset("-1.2e-5"); // "−1.2 × 10⁻⁵"
 */
export function typeset(plain: string): string {
  return plain
    .replace(
      /e([+-]?\d+)/g,
      (_, exponent: string) => ` × 10${exponent.replace(/./g, (character) => SUPERSCRIPTS[character] ?? "")}`,
    )
    .replace(/(^|[\s(])-(?=[\d∞])/g, "$1−");
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  "-": "⁻",
  "0": "⁰",
  "1": "¹",
  "2": "²",
  "3": "³",
  "4": "⁴",
  "5": "⁵",
  "6": "⁶",
  "7": "⁷",
  "8": "⁸",
  "9": "⁹",
};

function withoutTrailingZeros(text: string): string {
  return text.replace(/(\.\d*?)0+(?=$|e)/, "$1").replace(/\.(?=$|e)/, "");
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "∞" : "-∞";
}

function needsPowerOfTen(exponent: number): boolean {
  return exponent < -3 || exponent >= 6;
}

function spellPower(value: number, decimals: number, exponent: number): string {
  return `${(value / 10 ** exponent).toFixed(decimals)}e${exponent}`;
}

function exponentOf(value: number): number {
  return value === 0 ? -Infinity : Number(value.toExponential().split("e")[1]);
}

function justifiedDigits(uncertainty: number): { digits: number; exponent: number } {
  const first = exponentOf(Number(uncertainty.toPrecision(2)));
  const digits = uncertainty / 10 ** first < 2.95 ? 2 : 1;
  return { digits, exponent: exponentOf(Number(uncertainty.toPrecision(digits))) };
}

/** Rounds to a multiple of 10^place, so that digits left of the point are not claimed either. */
function roundTo(value: number, place: number): number {
  if (place <= 0) return Number(unsignedZero(value.toFixed(-place)));
  const unit = 10 ** place;
  return Math.round(value / unit) * unit;
}

function unsignedZero(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}
