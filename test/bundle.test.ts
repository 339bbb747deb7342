import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";

/* The program as `npm run build` bundles it: nothing is missing where only the package is installed. */

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PROGRAM = join(ROOT, "dist/program");
const named = z.record(z.string(), z.unknown());
const { dependencies, peerDependencies } = z
  .object({ dependencies: named, peerDependencies: named })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
const packages = Object.keys({ ...dependencies, ...peerDependencies });

test("the bundled program imports its own files and the packages that it declares, and has all its workers", () => {
  const files = readdirSync(PROGRAM);
  const missing = files.flatMap((file) =>
    [
      ...readFileSync(join(PROGRAM, file), "utf8").matchAll(
        /(?:^import|^} from|^import .* from|(?<![.\w])import\() ?"([^"]+)"/gm,
      ),
    ]
      .map(([, id]) => id)
      .filter((id) =>
        id.startsWith(".")
          ? !existsSync(join(PROGRAM, id))
          : !id.startsWith("node:") && !packages.some((name) => id === name || id.startsWith(`${name}/`)),
      )
      .map((id) => `${file}: ${id}`),
  );
  expect(missing).toEqual([]);
  const workers = readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith("-worker.js"),
  );
  expect(files).toEqual(expect.arrayContaining(workers.map((file) => basename(file))));
  expect(readFileSync(join(ROOT, "dist/cli/main.js"), "utf8")).toMatch(
    /^#!\/usr\/bin\/env node\nimport "..\/program\/program.js";/,
  );
});
