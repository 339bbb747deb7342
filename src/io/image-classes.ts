import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { IDX_NAME } from "../data/idx-folder.ts";
import type { ImageClass } from "../data/image-folder.ts";
import { fileKind, HEAD_BYTES } from "../files/file-kind.ts";
import { isImage } from "../files/image.ts";
import { inputError } from "../files/input-error.ts";
import { fileError } from "./file-error.ts";
import { fileOnDemand } from "./file-on-demand.ts";
import type { HashedFile } from "./open-hashed-file.ts";

/** What a folder of images holds. */
export interface ImageClasses {
  readonly classes: readonly ImageClass[];
  readonly files: readonly HashedFile[];
  /** Files beside the images that are none. */
  readonly leftOut: readonly string[];
}

/** Whether a folder holds folders, as one of images by class does, and no files in MNIST's format. */
export function isImageFolder(folder: string): boolean {
  const entries = entriesOf(folder);
  return !entries.some(({ name }) => IDX_NAME.test(name)) && entries.some((entry) => isFolder(folder, entry));
}

/**
 * The images of a folder that holds a folder for each class: classes and images in the order of their names, by
 * character, as torchvision's ImageFolder has them; hidden names are passed over.
 *
 * @throws ThalwegError `nested-folders`, `empty-class`, `unknown-image`
 */
export function imageClasses(folder: string): ImageClasses {
  const files: HashedFile[] = [];
  const entries = entriesOf(folder);
  const leftOut = entries.filter((entry) => !isFolder(folder, entry)).map(({ name }) => name);
  const classes = entries
    .filter((entry) => isFolder(folder, entry))
    .map(({ name }) => {
      const within = join(folder, name);
      const images = entriesOf(within).flatMap((entry) => {
        if (isFolder(within, entry)) throw nested(folder, name, entry.name);
        const file = fileOnDemand(join(within, entry.name), `${name}/${entry.name}`);
        if (!isImage(file)) {
          refuseOtherImage(file);
          leftOut.push(file.listedAs ?? file.name);
          return [];
        }
        files.push(file);
        return [file];
      });
      if (images.length === 0)
        throw inputError(
          "empty-class",
          `The folder ${within} holds no images, where those of the class ${name} are expected.`,
          { file: within },
          "Put PNG or JPEG files into it, or remove it: every folder is a class.",
        );
      return { name, images };
    });
  return { classes, files, leftOut };
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith("."))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw fileError("read", folder, error);
  }
}

function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true;
}

function nested(folder: string, name: string, inner: string) {
  return inputError(
    "nested-folders",
    `${join(folder, name)} holds the folder ${inner}, where the images of one class are expected.`,
    { file: join(folder, name) },
    `If ${name} is a part of the data, with a folder for each class, give --data ${join(folder, name)}; else put all images of a class into one folder.`,
  );
}

function refuseOtherImage(file: HashedFile): void {
  const kind = fileKind(file.read(0, Math.min(file.size, HEAD_BYTES)));
  if (kind?.name !== "image") return;
  throw inputError(
    "unknown-image",
    `${file.name} is ${kind.title}.`,
    { file: file.name },
    "Save it as PNG, which keeps every pixel, or remove it.",
  );
}
