import type { Term } from "../term.ts";

export const hutchPlusPlus: Term = {
  name: "hutch++",
  title: "Hutch++",
  formula: String.raw`\operatorname{tr} A = \operatorname{tr}(Q^\top A Q) + \operatorname{tr}\big((I - QQ^\top) A (I - QQ^\top)\big)`,
  text: "Splits off the few large eigenvalues: the trace on a random range Q is computed exactly, and only the small rest is sampled. For spectra with a few outliers, as those of networks, it needs far fewer products than Hutchinson's estimator.",
  measured: "Chosen where the spectrum decays; the products for the range are counted.",
  source: "Meyer, Musco, Musco & Woodruff 2021",
  see: ["trace", "xtrace", "hutchinson"],
};
