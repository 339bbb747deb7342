import { expect, it } from "vitest";
import { shareNotes } from "./shared-notes.ts";

it("says once what several rows say, with the rows where not all do, and keeps what is their own", () => {
  const ritz = "± the Ritz residual";
  const readings = [
    { label: "a", value: "1", note: `${ritz}; Lanczos` },
    { label: "b", value: "2", note: ritz },
    { label: "c", value: "3" },
  ];
  expect(shareNotes(readings)).toEqual({ common: [{ text: ritz, of: ["a", "b"] }], own: ["Lanczos", "", ""] });
  expect(shareNotes(readings.slice(0, 2)).common).toEqual([{ text: ritz, of: [] }]);
  expect(shareNotes(readings.slice(2))).toEqual({ common: [], own: [""] });
});
