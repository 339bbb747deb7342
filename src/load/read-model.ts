import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { type FileHash, jointHash } from "../data/content-hash.ts";
import { openFile } from "../io/open-file.ts";
import { type HashedFile, openHashedFile } from "../io/open-hashed-file.ts";
import { isNetName, makeNet } from "../nets/make-net.ts";
import { decodeModel, type DecodeOptions, type ModelFile } from "../onnx/decode-model.ts";
import { setInputs } from "./set-inputs.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** An ONNX file with the data that it keeps beside it. */
export interface ReadModel {
  readonly path: string;
  /**
   * SHA-256 of the model file as it was read, in hexadecimal; with data beside it, that of the lines which
   * `sha256sum` prints for all its files by base name, the model first.
   */
  readonly sha256: string;
  /** The model file and those beside it, each with its own hash. */
  readonly files: readonly FileHash[];
  /** The files beside the model that hold its weights. */
  readonly externalData: readonly FileHash[];
  readonly model: ModelFile;
  /** The bytes of a built-in network, or of one with inputs that were set, which lie nowhere on disk. */
  readonly made?: Uint8Array;
}

/**
 * Reads an ONNX file, with the data that it keeps beside it; where there is no such file, the built-in network of that name.
 *
 * @param options `limit`: by how much the usual limits on what it may grow to are raised; `set`: inputs that are constants; `isSeparate`: which tensors its network is
 *   known to have to themselves
 * @throws ThalwegError of kind "input" for everything that can be wrong with the files
 */
export function readModel(
  path: string,
  {
    limit,
    isSeparate,
    set = [],
  }: Pick<DecodeOptions, "limit"> & {
    readonly isSeparate?: (name: string) => boolean;
    readonly set?: readonly string[];
  } = {},
): ReadModel {
  const net = isNetName(path) && !existsSync(path) ? makeNet(path) : undefined;
  const bytes = net ?? readWhole(path);
  const changed = set.length > 0 ? setInputs(bytes, set, path) : undefined;
  const made = changed ?? net;
  const beside = new Map<string, HashedFile>();
  try {
    const external: DecodeOptions["external"] = (location, offset, length) => {
      const source = beside.get(location) ?? openHashedFile(requireBeside(path, location));
      beside.set(location, source);
      return source.read(offset, length ?? source.size - offset);
    };
    const model = decodeModel(made ?? bytes, { file: path, external, limit }, isSeparate);
    const externalData = [...beside.values()].map(({ name, sha256 }) => ({ name, sha256 }));
    const own = { name: path, sha256: createHash("sha256").update(bytes).digest("hex") };
    const files = [own, ...externalData];
    const sha256 = jointHash(files, () => createHash("sha256"));
    return { path, sha256, files, externalData, model, made };
  } finally {
    for (const source of beside.values()) source.close();
  }
}

/**
 * Where external data lie: in the folder of the model, or of the file that the model's name is a link to, as in a cache whose
 * files all are links into one folder. Links that lead elsewhere are not followed: a model could have anything read.
 *
 * @throws input error `unsafe-location`
 */
function requireBeside(path: string, location: string): string {
  const place = join(dirname(path), location);
  if (!existsSync(place)) return place;
  const roots = [realpathSync(dirname(path)), dirname(realpathSync(path))];
  const real = realpathSync(place);
  if (roots.some((root) => real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))) return place;
  throw new ThalwegError({
    kind: "input",
    code: "unsafe-location",
    message: `${place}, which ${path} keeps weights in, is a link to ${real}, outside of the model's folder.`,
    where: { file: place },
    hint: "Put the data themselves beside the model.",
  });
}

/** The bytes of a model file as they are now. */
export function modelBytes({ path, made }: Pick<ReadModel, "path" | "made">): Uint8Array {
  return made ?? readWhole(path);
}

function readWhole(path: string): Uint8Array {
  const source = openFile(path);
  try {
    return source.read(0, source.size);
  } finally {
    source.close();
  }
}
