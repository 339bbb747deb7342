import type { ResultDocument } from "../documents/result-kinds.ts";
import { formatNumber } from "../util/format-number.ts";
import { formatCount } from "./count.ts";
import { tableBlock } from "./figure-block.ts";
import { markup, type Html } from "./html.ts";
import { checkTable } from "./provenance.ts";

/** The results of verbs that are no experiments: a table rather than a story. */
export function otherBody(document: ResultDocument): Html {
  switch (document.schema) {
    case "thalweg/bench@1": {
      const { examples, batchSize, gemm, forward, gradient, hessianVector, hessianVectorBlock, gaussNewtonVector } =
        document.result;
      const timings = {
        forward,
        gradient,
        "Hessian–vector": hessianVector,
        [`Hessian–vector, ${hessianVectorBlock.block} at once`]: hessianVectorBlock,
        "Gauss–Newton–vector": gaussNewtonVector,
      };
      const rows = Object.entries(timings).flatMap(([name, timing]) =>
        timing === null ? [] : [[name, timing.medianMs, timing.minMs, timing.maxMs, timing.runs]],
      );
      return markup`<p>Milliseconds per vector over ${formatCount(examples)} examples in batches of ${batchSize}. A plain matrix product of size ${gemm.size} runs at ${formatNumber(gemm.gflops, 3)} GFLOP/s in the same engine.</p>
${tableBlock({ columns: ["operation", "median ms", "least", "most", "runs"], rows }, "Timings")}`;
    }
    case "thalweg/apply@1": {
      const { operator, vector, output, dimension, products, vectorNorm, norm, quadraticForm, remark } =
        document.result;
      const rows = Object.entries({
        operator,
        vector,
        output,
        dimension,
        products,
        "‖v‖": vectorNorm,
        "‖Av‖": norm,
        vᵀAv: quadraticForm,
        ...(remark !== null && { "what is summed": remark }),
      }).map(([name, value]) => [name, typeof value === "number" ? formatNumber(value, 6) : (value ?? "n/a")]);
      return tableBlock({ columns: ["what", "value"], rows }, "Product");
    }
    case "thalweg/compare@1": {
      const { results, rows, different, alike, undecided, chance, recipe, forced } = document.result;
      const answers = new Map([
        [true, "yes"],
        [false, "no: the errors explain it"],
      ]);
      return markup`<p>${results.map(({ name, path }) => `${name} is ${path}`).join(", ")}.</p>
${forced.map((reason) => markup`<p>Not comparable, and compared all the same. ${reason}.</p>`)}
<p>Of ${formatCount(rows.length)} numbers ${formatCount(different)} differ, ${formatCount(alike)} are alike within their errors, and of ${formatCount(undecided)} it cannot be told. ${formatCount(chance.comparisons)} comparisons rest on samples, at 95 % each: where nothing differs, about ${formatNumber(chance.expected, 2)} come out different by chance.</p>
${tableBlock({ columns: ["number", ...results.map(({ name }) => name), "different", "why"], rows: rows.map(({ title, values, different: answer, why }) => [title, ...values, (answer === null ? undefined : answers.get(answer)) ?? "cannot be told", why ?? ""]) }, "Side by side")}
${recipe.length > 0 && tableBlock({ columns: ["recipe", ...results.map(({ name }) => name)], rows: recipe.map(({ name, values }) => [name, ...values.map((value) => (value === null ? "not given" : typeof value === "string" ? value : JSON.stringify(value)))]) }, "What differs in the recipe")}`;
    }
    case "thalweg/check@1":
      return markup`${checkTable(document.result)}${document.result.caveats.map((text) => markup`<p>${text}</p>`)}`;
    case "thalweg/export@1": {
      const { description, inputs, outputs } = document.result;
      const rows = [
        ...inputs.map((port) => ["input", port] as const),
        ...outputs.map((port) => ["output", port] as const),
      ];
      return markup`<p>${description}</p>
${tableBlock({ columns: ["", "name", "type", "shape"], rows: rows.map(([side, { name, dtype, shape }]) => [side, name, dtype, `[${shape.join(", ")}]`]) }, "Inputs and outputs")}`;
    }
    case "thalweg/inspect@1":
      return markup`${document.result.notices.map((text) => markup`<p>${text}</p>`)}
${tableBlock({ columns: ["initialiser", "shape", "role", "why", "selected"], rows: document.result.initializers.map(({ name, shape, role, reason, selected }) => [name, `[${shape.join(", ")}]`, role, reason, selected ? "yes" : "no"]) }, "Initialisers")}`;
    default:
      return markup`<p>The numbers are in the file: nothing here shows results of ${document.schema}.</p>`;
  }
}
