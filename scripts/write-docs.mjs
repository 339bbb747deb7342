// npm run docs: writes docs/reference.md from the registries, docs/atlas/README.md from a result of `thalweg atlas`, and the table of src/README.md from src/rooms.json. `--check` only says whether they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EXIT_MEANINGS } from "../dist/cli/exit-code.js";
import { VERBS } from "../dist/cli/verbs/registry.js";
import { ESTIMATORS } from "../dist/estimators/registry.js";
import { FAMILIES } from "../dist/explain/registry.js";
import { INSTRUMENTS } from "../dist/instruments/registry.js";
import { ONNX_RULES } from "../dist/onnx/rules/registry.js";
import { OPS } from "../dist/ops/registry.js";
import { LOSSES } from "../dist/problem/losses/registry.js";
import { PRODUCTS } from "../dist/problem/derivatives/registry.js";
import { atlasPage } from "./atlas-page.mjs";
import { table } from "./markdown-table.mjs";

const page = `# Reference

Made from the registries by \`npm run docs\`; do not edit.

## Verbs

${table(
  ["verb", "what it does"],
  VERBS.map(({ name, summary }) => [`\`${name}\``, summary]),
)}

## Exit codes

${table(
  ["code", "what it says"],
  Object.entries(EXIT_MEANINGS).map(([code, meaning]) => [`\`${code}\``, meaning]),
)}

## Instruments of a profile

${table(
  ["name", "title", "flags"],
  INSTRUMENTS.map(({ name, title, parameters }) => [`\`${name}\``, title, Object.keys(parameters.shape).join(", ")]),
)}

## Losses

${table(
  ["name", "formula per term"],
  LOSSES.map(({ name, formula }) => [`\`${name}\``, `$${formula}$`]),
)}

## Matrices in parameter space

${table(
  ["name", "what it is"],
  PRODUCTS.map(({ name, summary }) => [`\`${name}\``, summary]),
)}

## Estimators

${table(
  ["name", "what it estimates", "cost", "source"],
  ESTIMATORS.map(({ name, summary, cost, source }) => [`\`${name}\``, summary, cost, source]),
)}

## ONNX operators that are read

${ONNX_RULES.map(({ op, domain }) => `\`${domain ? `${domain}.` : ""}${op}\``).join(", ")}

## Primitives

Derivatives of these are written in these.

${table(
  ["name", "what it computes"],
  OPS.map(({ name, summary }) => [`\`${name}\``, summary]),
)}

## Terms

\`thalweg explain TERM\` prints each.

${table(
  ["subject", "terms"],
  FAMILIES.map(({ title, terms }) => [title, terms.map(({ name }) => `\`${name}\``).join(", ")]),
)}
`;

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The table in columns of one width, as the formatter wants it in files that people read as they are. */
function aligned(text) {
  const rows = text.split("\n").map((row) => row.slice(2, -2).split(" | "));
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const fill = (each, i) => each.padEnd(widths[i], each === "---" ? "-" : " ");
  return rows.map((row) => `| ${row.map(fill).join(" | ")} |`).join("\n");
}

/** The README of src/ with the table of its rooms as rooms.json has them. */
function roomsPage() {
  const rooms = JSON.parse(readFileSync(at("src/rooms.json"), "utf8"));
  const rows = rooms.map(({ name, summary }) => [`[\`${name}/\`](${name})`, summary]);
  return readFileSync(at("src/README.md"), "utf8").replace(
    /(<!-- rooms: [^>]*-->\n\n)[\s\S]*?(\n\n<!-- \/rooms -->)/,
    (_, before, after) => before + aligned(table(["room", "what it is"], rows)) + after,
  );
}

const pages = { "docs/reference.md": page, "docs/atlas/README.md": atlasPage(), "src/README.md": roomsPage() };
for (const [path, text] of Object.entries(pages)) {
  if (!process.argv.includes("--check")) writeFileSync(at(path), text);
  else if (readFileSync(at(path), "utf8") !== text) {
    console.error(`${path} is out of date: run \`npm run docs\`.`);
    process.exitCode = 1;
  }
}
