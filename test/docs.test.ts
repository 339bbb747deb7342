import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

describe("docs/reference.md", () => {
  it("is what the registries say (npm run docs)", () => {
    expect(() =>
      execFileSync(process.execPath, ["scripts/write-docs.mjs", "--check"], { stdio: "pipe" }),
    ).not.toThrow();
  });
});
