import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bytesSource } from "../files/byte-source.ts";
import { readImage } from "../files/image.ts";
import { openDatasetPath } from "./open-dataset-path.ts";

const pictures = fileURLToPath(new URL("../../test/data/pictures", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "thalweg-images-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const pixelsOf = (name: string) => readImage(bytesSource(name, Uint8Array.from(readFileSync(join(pictures, name)))));

let folders = 0;

/** A folder with copies of pictures: { "rose/1.png": "8-2-0.png" }. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(root, `data-${folders++}`);
  for (const [name, picture] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(pictures, picture), join(folder, name));
  }
  return folder;
}

describe("a folder of images by class", () => {
  const folder = folderOf({
    "rose/b.png": "8-2-0.png",
    "aster/a.png": "8-2-1.png",
    "rose/a.png": "8-0-0.png",
    "rose/c.png": "16-2-0.png",
    "iris/a.png": "4-0-1.png",
  });
  writeFileSync(join(folder, "rose/notes.txt"), "no image");
  writeFileSync(join(folder, "rose/.DS_Store"), "hidden");

  it("has the classes and the images in the order of their names", () => {
    const data = openDatasetPath(folder);
    expect(data.examples).toBe(5);
    expect([...data.y(0, 5).data]).toEqual([0, 1, 2, 2, 2]);
    expect(data.labels.classNames).toEqual(["aster", "iris", "rose"]);
    expect(data.inputs[0].shape).toEqual([3, 5, 9]);
  });

  it("gives each class its share where not all are taken, and says so", () => {
    const many = folderOf(
      Object.fromEntries(
        ["aster", "iris", "rose"].flatMap((name, k) =>
          Array.from({ length: [20, 10, 30][k] }, (_, i) => [`${name}/${String(i).padStart(2, "0")}.png`, "8-2-0.png"]),
        ),
      ),
    );
    const data = openDatasetPath(many, { limit: 12 });
    expect([...data.y(0, data.examples).data]).toEqual([0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect(data.notes.join(" ")).toContain(
      "Of 60 images, 12 were taken, evenly spaced among the classes: 4 of aster, 2 of iris, 6 of rose.",
    );
    expect(data.warnings ?? []).toEqual([]);
    expect(data.sha256()).toBe(openDatasetPath(many).sha256());
    const few = openDatasetPath(many, { limit: 2 });
    expect([few.examples, ...few.y(0, 2).data]).toEqual([2, 0, 2]);
    expect(few.notes.join(" ")).toContain("1 of rose. There is none of 1 class.");
    for (const limit of [60, 100]) expect(openDatasetPath(many, { limit }).notes.join(" ")).not.toContain("taken");
  });

  it("hands out float32 from 0 to 1, channels first, grey in three equal colours", () => {
    const { x } = openDatasetPath(folder).batch(0, 5).inputs;
    const truth = ["8-2-1.png", "4-0-1.png", "8-0-0.png", "8-2-0.png", "16-2-0.png"].flatMap((name) => {
      const { data, channels, white } = pixelsOf(name);
      const at = (k: number, p: number) => Math.fround(data[p * channels + (channels === 1 ? 0 : k)] / white);
      return [0, 1, 2].flatMap((k) => Array.from({ length: 45 }, (_, p) => at(k, p)));
    });
    expect(Array.from(x.data)).toEqual(truth);
  });

  it("hands out channels last to a model that has them there", () => {
    const inputs = [{ name: "image", shape: [null, 5, 9, 3] }];
    const last = openDatasetPath(folder, { inputs }).batch(3, 4).inputs.image;
    expect(last.shape).toEqual([1, 5, 9, 3]);
    const { data, white } = pixelsOf("8-2-0.png");
    expect(Array.from(last.data)).toEqual(Array.from(data, (value) => Math.fround(value / white)));
  });

  it("says what was done, and what was left out", () => {
    const notes = openDatasetPath(folder).notes.join("\n");
    expect(notes).toContain("The folders aster, iris, rose became the classes 0 to 2.");
    expect(notes).toContain("2 grey images");
    expect(notes).toContain("holds rose/notes.txt too, no images");
    expect(notes).not.toContain("DS_Store");
  });

  it("has the hash of the lines that sha256sum prints within it", () => {
    const names = ["aster/a.png", "iris/a.png", "rose/a.png", "rose/b.png", "rose/c.png"];
    const sum = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
    const lines = names.map((name) => `${sum(readFileSync(join(folder, name)))}  ${name}\n`);
    expect(openDatasetPath(folder).sha256()).toBe(sum(lines.join("")));
  });

  it("takes a part of the data by the name of its folder", () => {
    const parts = folderOf({ "train/a/1.png": "8-2-0.png", "test/a/1.png": "8-2-1.png", "test/b/1.png": "8-2-0.png" });
    expect(openDatasetPath(`${parts}:test`).examples).toBe(2);
    expect(() => openDatasetPath(parts)).toThrow(
      expect.objectContaining({
        code: "nested-folders",
        hint: expect.stringContaining(`--data ${join(parts, "test")}`),
      }),
    );
  });

  it("leaves out alpha that is opaque only", () => {
    const clear = openDatasetPath(folderOf({ "a/1.png": "16-6-0.png" }));
    expect(() => clear.batch(0, 1)).toThrow(expect.objectContaining({ code: "image-alpha" }));
  });

  it("says that a camera was held otherwise", () => {
    expect(openDatasetPath(folderOf({ "a/1.jpg": "turned.jpg" })).notes.join()).toContain("by the mark of the camera");
  });

  it("refuses an image that was replaced after it was hashed", () => {
    const changing = folderOf({ "a/1.png": "8-2-0.png" });
    const data = openDatasetPath(changing);
    rmSync(join(changing, "a/1.png"));
    copyFileSync(join(pictures, "8-2-1.png"), join(changing, "a/1.png"));
    expect(() => data.batch(0, 1)).toThrow(expect.objectContaining({ code: "file-changed" }));
    expect(data.outdated()).toEqual([join(changing, "a/1.png")]);
  });

  it("follows links, and shows names that a terminal would obey as they are", () => {
    const strange = folderOf({ "a\u001b[31m/1.png": "8-2-0.png" });
    symlinkSync(join(strange, "a\u001b[31m"), join(strange, "b"));
    expect(openDatasetPath(strange).labels.classNames).toEqual(["a\u001b[31m", "b"]);
  });
});

describe("what is refused", () => {
  it.each([
    ["images of two sizes", { "a/1.png": "8-2-0.png", "b/1.png": "palette.png" }, "image-sizes", /9 × 5.*7 × 5/],
    ["a folder without images", { "a/1.png": "8-2-0.png", "b/notes/1.png": "8-2-0.png" }, "nested-folders", /notes/],
  ])("%s", (_, files, code, message) => {
    expect(() => openDatasetPath(folderOf(files))).toThrow(
      expect.objectContaining({ kind: "input", code, message: expect.stringMatching(message) }),
    );
  });

  it("a class without images, and an image of another kind", () => {
    const folder = folderOf({ "a/1.png": "8-2-0.png" });
    mkdirSync(join(folder, "b"));
    expect(() => openDatasetPath(folder)).toThrow(expect.objectContaining({ code: "empty-class" }));
    writeFileSync(join(folder, "b/1.gif"), "GIF89a........");
    expect(() => openDatasetPath(folder)).toThrow(expect.objectContaining({ code: "unknown-image" }));
  });

  it("images that lie in no folder of a class", () => {
    const folder = folderOf({ "1.png": "8-2-0.png" });
    expect(() => openDatasetPath(folder)).toThrow(
      expect.objectContaining({ code: "no-idx-files", hint: expect.stringContaining("a folder for each class") }),
    );
    expect(() => openDatasetPath(join(folder, "1.png"))).toThrow(
      expect.objectContaining({
        code: "unknown-format",
        hint: expect.stringContaining("folder of images for each class"),
      }),
    );
  });
});
