import { expect, it } from "vitest";
import { firstSentence } from "./sentences.ts";

it.each([
  ["One. Two. Three.", "One.", "Two. Three."],
  [
    "λmax = 0.5556 and λmin = -1.19e-3. Every curvature is positive.",
    "λmax = 0.5556 and λmin = -1.19e-3.",
    "Every curvature is positive.",
  ],
  ["Compare with 2 / (your step): see below.", "Compare with 2 / (your step): see below.", ""],
  ["", "", ""],
])("%j begins with %j", (text, first, rest) => expect(firstSentence(text)).toEqual([first, rest]));
