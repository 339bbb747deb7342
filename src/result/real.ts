import { z } from "zod";

/**
 * A number as results hold it. JSON has no NaN and no infinity, so these three are written as the
 * strings "NaN", "Infinity" and "-Infinity", and only where a schema says that a number stands.
 *
 * @example
 * z.encode(real, Number.POSITIVE_INFINITY); // "Infinity"
 * z.decode(real, "NaN"); // NaN
 */
export const real = z.codec(
  z.union([z.number(), z.literal(["NaN", "Infinity", "-Infinity"])]),
  z.union([z.number(), z.nan(), z.literal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])]),
  {
    decode: Number,
    encode: (value) => {
      if (Number.isFinite(value)) return value;
      if (Number.isNaN(value)) return "NaN" as const;
      return value > 0 ? ("Infinity" as const) : ("-Infinity" as const);
    },
  },
);

/** A real number that may be ±∞: an error without bound, the end of a one-sided interval. */
export const extended = real.meta({ mayBeInfinite: true });

/** A whole number of things. */
export const count = z.number().int().nonnegative();
