import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";

describe("docs/reference.md, docs/atlas/README.md and the table of src/README.md", () => {
  it("are what the registries, the result of an atlas and rooms.json say (npm run docs)", () => {
    expect(() =>
      execFileSync(process.execPath, ["scripts/write-docs.mjs", "--check"], { stdio: "pipe" }),
    ).not.toThrow();
  });
});

describe("src/rooms.json", () => {
  const rooms = z
    .array(z.strictObject({ name: z.string(), summary: z.string().min(10), edge: z.literal(true).optional() }))
    .parse(JSON.parse(readFileSync("src/rooms.json", "utf8")));

  it("names every folder of src/, each with a README", () => {
    const folders = readdirSync("src", { withFileTypes: true }).filter((each) => each.isDirectory());
    expect(rooms.map(({ name }) => name).toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
    for (const { name } of rooms) expect(existsSync(`src/${name}/README.md`), name).toBe(true);
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

describe("docs/security.md", () => {
  const text = readFileSync("docs/security.md", "utf8");

  it("names a test behind each promise, which is there", () => {
    const promised = /## What is promised\n([^]*?)\n## /.exec(text)?.[1] ?? "";
    const promises = promised.split(/^- /m).slice(1);
    expect(promises.length).toBeGreaterThan(10);
    for (const promise of promises) {
      const tests = [...promise.matchAll(/`((?:src|test)\/\S+\.test\.ts)`/g)].map(([, file]) => file);
      expect(tests, promise).not.toEqual([]);
      for (const file of tests) expect(existsSync(file), file).toBe(true);
    }
  });

  it("names all that runs in the process", () => {
    const names = z.record(z.string(), z.unknown()).optional();
    const { dependencies, peerDependencies } = z
      .object({ dependencies: names, peerDependencies: names })
      .parse(JSON.parse(readFileSync("package.json", "utf8")));
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) expect(text).toContain(`\`${name}\``);
  });
});
