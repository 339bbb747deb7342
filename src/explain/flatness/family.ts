import type { Family } from "../term.ts";
import { adaptiveSharpness } from "./adaptive-sharpness.ts";
import { flatDirection } from "./flat-direction.ts";
import { keskarSharpness } from "./keskar-sharpness.ts";
import { rescaling } from "./rescaling.ts";
import { samSharpness } from "./sam-sharpness.ts";
import { sharpness } from "./sharpness.ts";

export const flatnessTerms: Family = {
  title: "Flatness",
  terms: [sharpness, samSharpness, keskarSharpness, adaptiveSharpness, flatDirection, rescaling],
};
