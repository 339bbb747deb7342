import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { BUILT_IN_SETS } from "../data/built-in-sets.ts";
import type { Dataset, DatasetOptions } from "../data/dataset.ts";
import { chooseIdxFiles } from "../data/idx-folder.ts";
import { type DatasetSources, openDataset } from "../data/open-dataset.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { assetPath } from "./asset-path.ts";
import { imageClasses, isImageFolder } from "./image-classes.ts";
import { type HashedFile, openHashedFile } from "./open-hashed-file.ts";

/** What `--data` says: a path or a built-in set, either with ":part" behind it; or files given apart. */
export type DatasetSpec = string | { readonly x: string; readonly y: string };

/** A dataset over open files. */
export interface OpenDataset extends Dataset {
  /** Files that were written to, replaced or removed on disk since they were opened, by path. */
  outdated(): string[];
  close(): void;
}

/**
 * Opens what `--data` names: a .npz, .safetensors, CSV or Parquet file, a folder of IDX files, a folder with one of images for each class, a built-in set
 * ("digits", "mnist1d:test"), or two files with inputs and labels. A built-in name wins over a file of
 * the same name, which is then "./digits".
 *
 * @throws ThalwegError `unknown-data`, and what openFile and openDataset throw
 */
export function openDatasetPath(spec: DatasetSpec, options: DatasetOptions = {}): OpenDataset {
  const opened: HashedFile[] = [];
  const open = (path: string) => {
    const source = openHashedFile(path);
    opened.push(source);
    return source;
  };
  const close = () => opened.splice(0).forEach((source) => source.close());
  try {
    const { name, split, sources } = locate(spec, options.split, open, (file) => opened.push(file));
    return {
      ...openDataset(name, sources, { createHash: () => createHash("sha256"), ...options, split }),
      outdated: () => opened.filter((source) => source.isOutdated()).map(({ name }) => name),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

interface Located {
  readonly name: string;
  readonly split: string | undefined;
  readonly sources: DatasetSources;
}

function locate(
  spec: DatasetSpec,
  givenSplit: string | undefined,
  open: (path: string) => HashedFile,
  keep: (file: HashedFile) => void,
): Located {
  if (typeof spec !== "string")
    return {
      name: `${spec.x} and ${spec.y}`,
      split: givenSplit,
      sources: { x: open(spec.x), y: open(spec.y) },
    };
  const { path, split = givenSplit } = withSplit(spec);
  const builtIn = BUILT_IN_SETS.find(({ name }) => name === path);
  if (builtIn) return { name: spec, split, sources: { builtIn, asset: open(assetPath(builtIn.asset)) } };
  if (!existsSync(path)) throw unknownData(path);
  if (!statSync(path).isDirectory()) return { name: path, split, sources: { data: open(path) } };
  if (isImageFolder(path)) {
    // A part of such data is a folder of it.
    const part = split === undefined ? path : join(path, split);
    if (!existsSync(part)) throw unknownData(part);
    const { classes, files, leftOut } = imageClasses(part);
    files.forEach(keep);
    return { name: spec, split: undefined, sources: { classes, leftOut } };
  }
  const { x, y } = chooseIdxFiles(path, readdirSync(path), split);
  return { name: spec, split, sources: { x: open(join(path, x)), y: open(join(path, y)) } };
}

/** Splits "folder:test" unless that is itself the name of something. */
function withSplit(spec: string): { path: string; split?: string } {
  const match = /^(.{2,}):(\w+)$/s.exec(spec);
  return match === null || existsSync(spec) ? { path: spec } : { path: match[1], split: match[2] };
}

function unknownData(path: string): ThalwegError {
  const names = BUILT_IN_SETS.map(({ name }) => name).join(", ");
  return new ThalwegError({
    kind: "input",
    code: "unknown-data",
    message: `${path} is neither a file, nor a folder, nor a built-in data set (${names}).`,
    where: { file: path },
    hint: "Check the spelling and the current folder, or give --data digits to try.",
  });
}
