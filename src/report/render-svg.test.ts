import { expect, it } from "vitest";
import { sampleProfile } from "../../test/sample-profile.ts";
import { profileFigures } from "../instruments/profile-figures.ts";
import { renderingOnce, renderSvg } from "./render-svg.ts";

function deepFrozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen);
  return value;
}

it("draws what may not be written to: a result, and the specifications of its figures", async () => {
  const frozen = deepFrozen(structuredClone(sampleProfile.result));
  const { figures, failed } = profileFigures(frozen);
  expect(failed).toEqual([]);
  expect(figures.length).toBeGreaterThan(5);
  for (const { name, spec } of figures) {
    const before = JSON.stringify(spec);
    expect(await renderSvg(deepFrozen(spec)), name).toMatch(/^<svg/);
    expect(await renderingOnce()(spec, "dark"), name).toMatch(/^<svg/);
    expect(JSON.stringify(spec)).toBe(before);
  }
});

it("marks nothing in the rows that it is given", async () => {
  const rows = [{ x: 1 }, { x: 2 }];
  await renderSvg({ data: { values: rows }, mark: "point", encoding: { x: { field: "x", type: "quantitative" } } });
  expect(rows.map((row) => Reflect.ownKeys(row))).toEqual([["x"], ["x"]]);
});
