import { openFile } from "../io/open-file.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type Flag, type RawFlags } from "./flag.ts";
import { didYouMean } from "../util/suggest.ts";

/**
 * Flags from a JSON file: `{"batch-size": 100}` or `{"batchSize": 100}`.
 *
 * @throws ThalwegError `bad-config`, `unknown-flag`, and those of openFile
 */
export function readConfig(path: string, flags: readonly Flag[]): RawFlags {
  const source = openFile(path);
  const bad = (message: string, hint?: string) =>
    new ThalwegError({ kind: "usage", code: "bad-config", message, where: { file: path }, hint });
  let config: unknown;
  try {
    config = JSON.parse(new TextDecoder().decode(source.read(0, source.size)));
  } catch (cause) {
    if (cause instanceof ThalwegError) throw cause;
    throw bad(`${path} is not JSON.`, 'Write an object of flags: {"batch-size": 100, "seed": 1}.');
  } finally {
    source.close();
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw bad(`${path} is no object of flags.`, 'Write {"batch-size": 100, "seed": 1}.');
  }
  const names = flags.map(({ name }) => plain(name));
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const flag = flags.find((each) => each.key === name || plain(each.name) === plain(name));
      if (flag) return [flag.key, value];
      throw bad(`${path} sets "${name}", which is no flag of this verb.`, didYouMean(plain(name), names));
    }),
  );
}

function plain(name: string): string {
  return name.replace(/^--(no-)?/, "");
}
