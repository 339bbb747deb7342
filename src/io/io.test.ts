import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { encodeNpz } from "../files/npz.ts";
import { tensor } from "../util/tensor.ts";
import { assetPath } from "./asset-path.ts";
import { openDatasetPath } from "./open-dataset-path.ts";
import { openFile } from "./open-file.ts";
import { openHashedFile } from "./open-hashed-file.ts";
import { addToFolder, writeFileAtomically, writeFolderAtomically } from "./write-atomically.ts";

const folder = mkdtempSync(join(tmpdir(), "thalweg-io-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const idxFolder = fileURLToPath(new URL("../../test/data/idx", import.meta.url));

function hashOf(path: string): string {
  const source = openHashedFile(path);
  source.close();
  return source.sha256;
}

describe("what was hashed is what is read", () => {
  const opened = (name: string) => {
    writeFileSync(at(name), "old bytes");
    return openHashedFile(at(name));
  };

  test.each([
    ["overwritten in place", (path: string) => writeFileSync(path, "new bytes")],
    ["appended to", (path: string) => appendFileSync(path, "!")],
    [
      "overwritten with its old time",
      (path: string) => {
        const { atime, mtime } = statSync(path);
        writeFileSync(path, "new bytes");
        utimesSync(path, atime, mtime);
      },
    ],
  ])("a file %s is refused", (_how, change) => {
    const source = opened("live");
    expect(source.isOutdated()).toBe(false);
    change(at("live"));
    expect(() => source.read(0, 3)).toThrow(expect.objectContaining({ kind: "input", code: "file-changed" }));
    source.close();
  });

  test.each([
    ["replaced by another", (path: string) => renameSync(opened("other").name, path), true],
    ["removed", (path: string) => rmSync(path), true],
    ["given another mode", (path: string) => chmodSync(path, 0o600), false],
    ["touched", (path: string) => utimesSync(path, 1, 1), false],
  ])("a file %s is read on", (_how, change, isOutdated) => {
    const source = opened("live");
    change(at("live"));
    expect(Buffer.from(source.read(0, 9)).toString()).toBe("old bytes");
    expect(source.sha256).toBe(createHash("sha256").update("old bytes").digest("hex"));
    expect(source.isOutdated()).toBe(isOutdated);
    source.close();
  });
});

describe("reading", () => {
  test("a file at any place", () => {
    writeFileSync(at("bytes"), Uint8Array.of(1, 2, 3, 4));
    const source = openFile(at("bytes"));
    expect([...source.read(1, 2)]).toEqual([2, 3]);
    expect(() => source.read(3, 2)).toThrow(expect.objectContaining({ code: "truncated-file" }));
    source.close();
    expect(hashOf(at("bytes"))).toBe(
      createHash("sha256")
        .update(Uint8Array.of(1, 2, 3, 4))
        .digest("hex"),
    );
  });

  test("what cannot be opened is said in a sentence", () => {
    expect(() => openFile(at("missing"))).toThrow(
      expect.objectContaining({
        kind: "input",
        code: "file-not-found",
        message: expect.stringContaining("does not exist"),
      }),
    );
    expect(() => openFile(folder)).toThrow(expect.objectContaining({ kind: "input", code: "not-a-file" }));
  });

  test("what cannot be written is said by what is missing", () => {
    expect(() => writeFileAtomically(join(at("none"), "d.npz"), "")).toThrow(
      expect.objectContaining({
        code: "file-not-found",
        message: `${join(at("none"), "d.npz")} cannot be written: the folder ${at("none")} does not exist.`,
      }),
    );
    if (process.platform === "linux")
      expect(() => writeFileAtomically("/proc/d.npz", "")).toThrow(
        /cannot be written: nothing can be made in \/proc\.$/,
      );
  });

  test("a file that shrinks under the reader", () => {
    writeFileSync(at("shrinking"), new Uint8Array(100));
    const source = openFile(at("shrinking"));
    writeFileSync(at("shrinking"), new Uint8Array(10));
    expect(() => source.read(0, 100)).toThrow(expect.objectContaining({ code: "file-changed" }));
    source.close();
  });

  test.each([
    ["digits", 1797],
    ["mnist1d:test", 1000],
    [idxFolder, 5],
    [`${idxFolder}:test`, 1],
  ])("--data %s", (spec, examples) => {
    const dataset = openDatasetPath(spec);
    expect(dataset.examples).toBe(examples);
    expect(dataset.batch(0, 1).y.shape).toEqual([1]);
    expect(dataset.sha256()).toMatch(/^[0-9a-f]{64}$/);
    dataset.close();
  });

  test("a file, files apart, and their hashes", () => {
    const x = tensor("float32", [2, 1], Float32Array.of(1, 2));
    const y = tensor("int64", [2], Float64Array.of(0, 1));
    writeFileAtomically(
      at("d.npz"),
      encodeNpz([
        ["x", x],
        ["y", y],
      ]),
    );
    const together = openDatasetPath(at("d.npz"));
    const apart = openDatasetPath({ x: at("d.npz"), y: at("d.npz") });
    expect(apart.batch(0, 2)).toEqual(together.batch(0, 2));
    expect(together.sha256()).toBe(hashOf(at("d.npz")));
    together.close();
    apart.close();
    expect(() => openDatasetPath(`${at("d.npz")}:test`)).toThrow(
      expect.objectContaining({ kind: "usage", code: "unknown-split" }),
    );
  });

  test("a name that is nothing", () => {
    expect(() => openDatasetPath("digit")).toThrow(
      expect.objectContaining({
        kind: "input",
        code: "unknown-data",
        message: expect.stringContaining("digits, mnist1d"),
      }),
    );
  });

  test("assets are where the package has them", () => {
    expect(existsSync(assetPath("README.md"))).toBe(true);
  });
});

describe("writing is all or nothing", () => {
  const run = at("run");
  const listing = (path: string) => readdirSync(path, { recursive: true }).map(String).sort();

  test("a folder, then another in its place", () => {
    writeFolderAtomically(run, [
      ["result.json", "{}"],
      ["figures/a.svg", "<svg/>"],
    ]);
    expect(listing(run)).toEqual([".thalweg-files", "figures", join("figures", "a.svg"), "result.json"]);
    writeFolderAtomically(run, [["result.json", [Uint8Array.of(91), Uint8Array.of(93)]]]);
    expect(listing(run)).toEqual([".thalweg-files", "result.json"]);
    expect(readFileSync(join(run, "result.json"), "utf8")).toBe("[]");
  });

  test("a failure leaves what was there and nothing beside it", () => {
    const before = readdirSync(folder).sort();
    function* failing(): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw new Error("the disk caught fire");
    }
    expect(() =>
      writeFolderAtomically(run, [
        ["a", "1"],
        ["b", failing()],
      ]),
    ).toThrow("the disk caught fire");
    expect(() => writeFileAtomically(at("d.npz"), failing())).toThrow("the disk caught fire");
    expect(() => writeFolderAtomically(run, [["../escape", "1"]])).toThrow(
      expect.objectContaining({ code: "bad-output-path" }),
    );
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(listing(run)).toEqual([".thalweg-files", "result.json"]);
  });

  test("files that are added are there whole or not at all, and the last one never without the others", () => {
    const files: [string, string][] = [
      ["figures/a.svg", "<svg/>"],
      ["figures/b.svg", "<svg></svg>"],
      ["report.html", "<p>"],
    ];
    const names = files.map(([path]) => join(...path.split("/")));
    const isThere = (place: string) => names.map((name) => existsSync(join(place, name)));
    const seen = new Set<string>();
    for (let calls = 0; ; calls++) {
      const place = at(`added-${calls}`);
      writeFolderAtomically(place, [["result.json", "{}"]]);
      let left = calls;
      const ends = () => {
        if (left-- === 0) throw new Error("another run was begun here");
      };
      let isDone = false;
      try {
        addToFolder(place, files, ends);
        isDone = true;
      } catch (error) {
        expect(error).toMatchObject({ message: "another run was begun here" });
      }
      const there = isThere(place);
      seen.add(there.join());
      if (there[2]) expect(there).toEqual([true, true, true]);
      names.forEach((name, i) => there[i] && expect(readFileSync(join(place, name), "utf8")).toBe(files[i][1]));
      expect(listing(place).filter((name) => name.endsWith(".partial"))).toEqual([]);
      if (!isDone) continue;
      expect(there).toEqual([true, true, true]);
      break;
    }
    // Also when some were in their places already.
    expect(seen).toContain("true,false,false");
    const failing = {
      *[Symbol.iterator]() {
        yield Uint8Array.of(1);
        throw new Error("the disk caught fire");
      },
    };
    expect(() =>
      addToFolder(run, [
        ["a", "1"],
        ["b", failing],
      ]),
    ).toThrow("the disk caught fire");
    expect(listing(run)).toEqual([".thalweg-files", "result.json"]);
  });

  test("nobody else's files are overwritten", () => {
    mkdirSync(at("mine"));
    writeFolderAtomically(at("mine"), []);
    writeFileSync(join(at("mine"), "thesis.tex"), "years of work");
    expect(() => writeFolderAtomically(at("mine"), [["result.json", "{}"]])).toThrow(
      expect.objectContaining({
        kind: "usage",
        code: "folder-not-ours",
        message: expect.stringContaining("thesis.tex"),
      }),
    );
    expect(readFileSync(join(at("mine"), "thesis.tex"), "utf8")).toBe("years of work");
    mkdirSync(at("photos"));
    writeFileSync(join(at("photos"), "a.jpg"), "");
    expect(() => writeFolderAtomically(at("photos"), [])).toThrow(expect.objectContaining({ code: "folder-not-ours" }));
    expect(() => writeFolderAtomically(at("d.npz"), [])).toThrow(expect.objectContaining({ code: "folder-not-ours" }));
  });

  test.runIf(process.platform === "linux")("a folder below /proc, where folders cannot be made", () => {
    expect(() => writeFolderAtomically("/proc/thalweg/run", [["a", ""]])).toThrow(
      expect.objectContaining({ kind: "input", code: "file-not-found" }),
    );
  });

  test("folders made on the way to one that cannot be made are taken away", () => {
    const long = "n".repeat(300);
    expect(() => writeFolderAtomically(at(`way/${long}/run`), [["a", ""]])).toThrow(
      expect.objectContaining({ kind: "input" }),
    );
    expect(existsSync(at("way"))).toBe(false);
  });

  test("a folder that does not exist or is a file", () => {
    expect(() => writeFileAtomically(at("no/such/file"), "")).toThrow(
      expect.objectContaining({ kind: "input", code: "file-not-found" }),
    );
    expect(() => writeFolderAtomically(at("d.npz/run"), [["a", ""]])).toThrow(
      expect.objectContaining({ kind: "input" }),
    );
  });
});
