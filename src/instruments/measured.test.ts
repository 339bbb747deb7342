import { expect, it } from "vitest";
import { sampleProfile } from "../../test/sample-profile.ts";
import { resultWith } from "../../test/support/result-with.ts";
import { measured } from "./measured.ts";

it("what was measured reads as it is, through lists too", () => {
  const { result } = sampleProfile;
  const view = measured(result);
  expect(view.hessian.top[1].value).toBe(result.hessian.top?.[1].value);
  expect(view.layers.map(({ name }) => name)).toEqual(result.layers?.map(({ name }) => name));
  expect(view.noise.trace.rounding).toBe(result.noise?.trace.rounding);
  expect(JSON.parse(JSON.stringify(view.hessian.trace))).toEqual(result.hessian.trace);
});

it("what was not says whose it is, and why", async () => {
  const [section] = sampleProfile.result.sections;
  const skipped = { ...section, instrument: "noise", status: "skipped", reason: "One example has no gradient noise." };
  const result = resultWith({ sections: [skipped] });
  expect(() => measured(result).noise.trace).toThrow("The result has no noise. One example has no gradient noise.");
  expect(() => measured(result).hessian.trace.value).toThrow(
    "The result has no hessian.trace. The instrument trace did not run.",
  );
  // A promise may hold it: nothing is asked of it but what it has.
  expect((await Promise.resolve(measured(result))).products).toBe(0);
});
