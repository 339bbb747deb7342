import { readCsv } from "../files/csv.ts";
import { unwrapGzip } from "../files/gzip.ts";
import type { BuiltInSet } from "./built-in-set.ts";
import { scaled } from "./scaled-array.ts";

/** Grey levels run from 0 to this. */
const WHITE = 16;

export const digits: BuiltInSet = {
  name: "digits",
  title: "Optical Recognition of Handwritten Digits",
  description:
    "1797 images of 8×8 pixels in 10 classes, x float32 [1797, 64]: grey levels 0 to 16 divided by 16, exactly as in scikit-learn's load_digits()/16.",
  licence: "CC BY 4.0",
  citation:
    "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits (test part). UCI Machine Learning Repository, 1998.",
  url: "https://doi.org/10.24432/C50P49",
  asset: "digits.csv.gz",
  splits: { all: [0, 1797], train: [0, 1500], test: [1500, 1797] },
  read(asset) {
    const { x, y } = readCsv(unwrapGzip(asset), { label: "-1", header: false });
    return {
      arrays: new Map([["x", scaled(x, WHITE)], ...(y ? [["y", y] as const] : [])]),
      notes: ["The pixels of digits, 0 to 16, were divided by 16."],
    };
  },
};
