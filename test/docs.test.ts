import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";

describe("docs/reference.md", () => {
  it("is what the registries say (npm run docs)", () => {
    expect(() =>
      execFileSync(process.execPath, ["scripts/write-docs.mjs", "--check"], { stdio: "pipe" }),
    ).not.toThrow();
  });
});

describe("README.md", () => {
  const { files } = z.object({ files: z.array(z.string()) }).parse(JSON.parse(readFileSync("package.json", "utf8")));
  const targets = [...readFileSync("README.md", "utf8").matchAll(/\]\(([^)]+)\)|\bsrc(?:set)?="([^"]+)"/g)]
    .map(([, link, image]) => link ?? image)
    .filter((target) => !/^(https?:|#)/.test(target));

  it("links to what is there", () => {
    expect(targets.length).toBeGreaterThan(5);
    for (const target of targets) expect(existsSync(target), target).toBe(true);
  });

  it("shows and links nothing that the package lacks, sources aside", () => {
    for (const target of targets.filter((each) => !each.startsWith("src/")))
      expect(files, target).toContain(target.split("/")[0]);
  });
});
