import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/*
 * The types of the package in a project of its own: nothing is skipped, and no library is there but that of the language and
 * of the place where it runs.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const IN_NODE = `
import { eigenvalues, figures, hessian, load, type LoadOptions, profile, readResult, renderFigure, writeReport } from "${join(ROOT, "dist/index.js")}";

const options: LoadOptions = { data: "digits", params: ["a"] as const, precision: "float64" };
const problem = await load("model.onnx", options);
const found = await profile(problem, { top: 2 }, { seed: 1 });
export const top: number | undefined = found.result.hessian.top?.[0].value;
export const { top: pairs } = await eigenvalues(hessian(problem), { largest: 3, context: { progress: ({ stage }) => void stage } });
for (const figure of (await figures(readResult("run"))).figures) await renderFigure(figure, { theme: "dark" });
await writeReport("report.html", found);
await problem.close();

// @ts-expect-error There is no such option.
await load("model.onnx", { dta: "digits" });
// @ts-expect-error It is a number.
await load("model.onnx", { data: "digits", batchSize: "64" });
// @ts-expect-error There is no such option.
await eigenvalues(hessian(problem), { largst: 3 });
`;

const IN_A_BROWSER = `
import { decodeModel, figures, Graph, hessianVector, importGraph, renderReport } from "${join(ROOT, "dist/web.js")}";

const model = decodeModel(new Uint8Array(), { file: "model.onnx" });
const { parameters, outputs } = importGraph(model, new Graph(), { precision: "float32", batch: 32 });
const at = [...parameters.values()];
export const products = hessianVector([...outputs.values()][0], at, at);
export const report: string = await renderReport(await (await fetch("result.json")).text());
export const first = (await figures("{}")).figures[0];
`;

it.each([
  { place: "Node", program: IN_NODE, lib: ["ES2022"], types: ["node"] },
  { place: "a browser", program: IN_A_BROWSER, lib: ["ES2022", "DOM"], types: [] },
])(
  "types of the built library need no more than ES2022 and those of $place",
  async ({ program, lib, types }) => {
    const folder = mkdtempSync(join(tmpdir(), "thalweg-types-"));
    const compilerOptions = {
      target: "es2022",
      lib,
      module: "nodenext",
      types,
      typeRoots: [join(ROOT, "node_modules/@types")],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    try {
      writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
      writeFileSync(join(folder, "use.ts"), program);
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["use.ts"] }));
      const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
      const complaints = await promisify(execFile)(process.execPath, [compiler, "-p", folder]).then(
        ({ stdout }) => stdout,
        ({ stdout }: { stdout: string }) => stdout,
      );
      expect(complaints).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
