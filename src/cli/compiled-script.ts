import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { Script } from "node:vm";

/** Of the hash that a file of kept code begins with. */
const HASH_BYTES = 32;

interface Loaded {
  readonly module: { exports: unknown };
  readonly script: Script;
  readonly source: string;
}

/**
 * CommonJS scripts that run with the code that V8 made of them when they were built, where that was kept: to compile the whole
 * program again takes a third of the time in which it starts. V8 takes code of its own version and flags only, and knows the
 * script by its length; we know it, and that the code is whole, by a hash. Whatever does not fit is compiled as ever.
 */
export class CompiledScripts {
  private readonly loaded = new Map<string, Loaded>();

  /** What a script exports, run when it is first asked for. */
  load(file: string): unknown {
    const known = this.loaded.get(file);
    if (known) return known.module.exports;
    const source = readFileSync(file, "utf8");
    const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
      filename: file,
      cachedData: keptCode(file, source),
    });
    const module: { exports: unknown } = { exports: {} };
    this.loaded.set(file, { module, script, source });
    const folder = dirname(file);
    const others = createRequire(file);
    const require = (name: string): unknown => (name.startsWith(".") ? this.load(resolve(folder, name)) : others(name));
    script.runInThisContext()(module.exports, require, module, file, folder);
    return module.exports;
  }

  /** Scripts that were loaded, and whether the code that was kept of each was taken. */
  get taken(): ReadonlyMap<string, boolean> {
    return new Map([...this.loaded].map(([file, { script }]) => [file, script.cachedDataRejected === false]));
  }

  /** Keeps the code of what was loaded, with that of the functions that ran. */
  keep(): void {
    for (const [file, { script, source }] of this.loaded) {
      const code = script.createCachedData();
      writeFileSync(codeFile(file), Buffer.concat([hashOf(source, code), code]));
    }
  }
}

function keptCode(file: string, source: string): Buffer | undefined {
  let kept: Buffer;
  try {
    kept = readFileSync(codeFile(file));
  } catch {
    return undefined;
  }
  const code = kept.subarray(HASH_BYTES);
  return hashOf(source, code).equals(kept.subarray(0, HASH_BYTES)) ? code : undefined;
}

function codeFile(script: string): string {
  return `${script}.code`;
}

function hashOf(source: string, code: Buffer): Buffer {
  return createHash("sha256").update(source).update(code).digest();
}
