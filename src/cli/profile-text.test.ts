import { describe, expect, it } from "vitest";
import { sampleProfile } from "../../test/sample-profile.ts";
import { profileText } from "./profile-text.ts";
import { styleOf } from "./terminal.ts";
import { readingsOf } from "../../test/support/result-with.ts";

const plain = styleOf(false);

/** The lines of numbers: what stands after the line of the checks. */
function numbersOf(text: string): string[] {
  const lines = text.trimEnd().split("\n");
  return lines.slice(lines.findIndex((line) => line.startsWith("pass ")) + 2);
}

describe("a profile on a terminal", () => {
  const text = profileText(sampleProfile, plain, false);

  it("begins with what was concluded, what is to be warned of first", () => {
    expect(text).toMatch(/^What stands out\n {2}warn {2}4 of 72 units are dead/);
    expect(text.indexOf("pass 4 checks")).toBeLessThan(text.indexOf("  Sharpness "));
  });

  it("has numbers of every section in at most 40 lines, and says how many are left", () => {
    const lines = numbersOf(text);
    expect(lines.length).toBeLessThanOrEqual(40);
    const numbers = lines.join("\n");
    for (const label of ["Loss", "Sharpness", "Lowest curvature", "Trace"])
      expect(`\n${numbers}`).toContain(`\n  ${label} `);
    // The loss is among the first numbers.
    for (const { title } of sampleProfile.result.sections.slice(1)) expect(lines).toContain(title);
    const all = sampleProfile.result.sections.flatMap(({ instrument }) =>
      readingsOf(instrument, sampleProfile.result).filter(({ value }) => value !== "n/a"),
    );
    expect(lines.at(-1)).toMatch(/^… \d+ more numbers, and how each was measured: --verbose$/);
    expect(Number(/\d+/.exec(lines.at(-1) ?? "")?.[0])).toBeLessThan(all.length);
    for (const line of text.split("\n")) expect(Array.from(line).length).toBeLessThanOrEqual(80);
  });

  it("gives one long section no room that others need", () => {
    const { layers } = sampleProfile.result;
    if (layers === null) throw new Error("The sample has layers.");
    const many = Array.from({ length: 200 }, (_, i) => ({ ...layers[0], name: `block.${i}` }));
    const result = { ...sampleProfile.result, layers: many };
    const lines = numbersOf(profileText({ ...sampleProfile, result }, plain, false));
    expect(lines.length).toBeLessThanOrEqual(40);
    for (const { title } of result.sections.slice(1)) expect(lines).toContain(title);
  });

  it("has every number with its method when asked for all", () => {
    const words = (each: string) => each.replaceAll(/\s+/g, " ");
    const all = words(profileText(sampleProfile, plain, true));
    for (const { instrument } of sampleProfile.result.sections)
      for (const { label, value, note } of readingsOf(instrument, sampleProfile.result))
        for (const part of [label, value, note ?? ""]) expect(all).toContain(words(part));
  });

  it("begins with a check that failed, and says once why sections were not reached", () => {
    const [check, ...others] = sampleProfile.checks;
    const left = ["units", "symmetries", "flatness"];
    const sections = sampleProfile.result.sections.map((section) =>
      left.includes(section.instrument)
        ? { ...section, status: "not-converged" as const, reason: "The time was spent." }
        : section,
    );
    const result = { ...sampleProfile.result, sections, units: null, symmetries: null, flatness: null };
    const failed = profileText(
      { ...sampleProfile, checks: [{ ...check, passed: false }, ...others], result },
      plain,
      false,
    );
    expect(failed).toMatch(/^FAIL Gradient against differences.*Trust\s+nothing here/);
    expect(failed.match(/The time was spent\./g)).toHaveLength(1);
    expect(failed).toContain("not reached");
  });
});
