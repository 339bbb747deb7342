import { expect, it } from "vitest";
import { sameNumbers } from "./same-numbers.ts";

it("tells numbers that are the same from those that differ in the last bit, and those that are only in one", () => {
  const before = { loss: 0.3, top: [{ value: 1 }, { value: "NaN" }], old: 1, text: "1", none: null };
  const now = { loss: 0.1 + 0.2, top: [{ value: 1 }, { value: "NaN" }], recent: 2, text: "2", none: null };
  expect(sameNumbers(before, now)).toEqual({ shared: 3, changed: ["loss"], gone: ["old"], added: ["recent"] });
  expect(sameNumbers(before, before)).toEqual({ shared: 4, changed: [], gone: [], added: [] });
  expect(sameNumbers({ a: "NaN" }, { a: 1 }).changed).toEqual(["a"]);
});
