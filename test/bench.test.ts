import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";

// The programs of bench/ are plain JavaScript on the built library: nothing but running them holds them to it.
const bench = fileURLToPath(new URL("../bench/", import.meta.url));
const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: bench, encoding: "utf8" });

test("every program finds what it imports", () => {
  const imports = readdirSync(bench)
    .filter((name) => name.endsWith(".mjs"))
    .flatMap((program) =>
      [...readFileSync(join(bench, program), "utf8").matchAll(/^import \{ (.+) \} from "\.\.\/(dist\/.+)";$/gm)].map(
        ([, names = "", path]) => ({ program, names: names.split(", "), path }),
      ),
    );
  expect(imports.length).toBeGreaterThan(20);
  const program = `
    for (const { program, names, path } of ${JSON.stringify(imports)}) {
      const exported = await import("file://${bench}../" + path);
      for (const name of names) if (!(name in exported)) console.log(program, path, name);
    }`;
  expect(node("--input-type=module", "-e", program)).toBe("");
});

test("what is timed is right: the product of a reference network, with intermediates kept and without", () => {
  const folder = fileURLToPath(new URL("reference/mlp-tanh-digits", import.meta.url));
  const program = `
    import { ourMeasures } from "file://${bench}our-measures.mjs";
    const { measures, hessianVectorError } = await ourMeasures(${JSON.stringify(folder)});
    for (const { run } of Object.values(measures)) await run();
    console.log(await hessianVectorError());
    process.exit(0);`;
  expect(Number(node("--input-type=module", "-e", program))).toBeLessThan(1e-5);
  expect(Number(node("memory-point.mjs", folder, "kept"))).toBeGreaterThan(0);
});

test("the growth with examples is measured by a program that runs", () => {
  const file = join(tmpdir(), `thalweg-bench-${process.pid}.npz`);
  const x = Float32Array.from({ length: 20 * 784 }, (_, i) => Math.sin(i));
  const y = Float64Array.from({ length: 20 }, (_, i) => i % 10);
  writeFileSync(
    file,
    encodeNpz([
      ["x", { dtype: "float32", shape: [20, 784], data: x }],
      ["y", { dtype: "int64", shape: [20], data: y }],
    ]),
  );
  try {
    expect(JSON.parse(node("scaling-point.mjs", file, "8", "kept"))).toMatchObject({ examples: 20, parameters: 6442 });
  } finally {
    rmSync(file);
  }
});
