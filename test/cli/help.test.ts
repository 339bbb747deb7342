import { describe, expect, it } from "vitest";
import { commandLine } from "../support/command-line.ts";

const { thalweg, here } = commandLine();

describe("help", () => {
  it("explain, doctor, help and version speak", async () => {
    expect((await here(["explain", "edge of stability"])).out).toMatch(/2\/η/);
    expect((await here(["explain"])).out).toMatch(/^Curvature\n {2}hessian .*\n\nFlatness\n {2}sharpness /su);
    const doctor = await thalweg(["doctor", "--json"]);
    expect(doctor.err).toBe("");
    expect(JSON.parse(doctor.out)).toMatchObject({
      schema: "thalweg/doctor@1",
      devices: [{ device: "cpu", available: true }, {}, {}],
    });
    expect((await thalweg(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await here([]);
    for (const verb of ["profile", "compare", "inspect", "check", "apply", "export", "bench", "explain", "doctor"])
      expect(help.out).toContain(verb);
    expect(help.out).toMatch(/130 +interrupted[^\n]*\n +143 +terminated/);
    expect((await here(["help", "inspect"])).out).toBe((await here(["inspect", "--help"])).out);
    for (const line of (await here(["export", "--help"])).out.split("\n"))
      expect(Array.from(line).length).toBeLessThanOrEqual(80);
  });
});
