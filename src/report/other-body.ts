import type { ResultDocument } from "../result/result-kinds.ts";
import { formatNumber } from "../util/format-number.ts";
import { formatCount } from "./count.ts";
import { tableBlock } from "./figure-block.ts";
import { markup, type Html } from "./html.ts";
import { checkTable } from "./provenance.ts";

/** The results that are a table rather than a story. */
export function otherBody(document: Exclude<ResultDocument, ResultDocument<"profile">>): Html {
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
      const { operator, vector, output, dimension, products, vectorNorm, norm, quadraticForm } = document.result;
      const rows = Object.entries({
        operator,
        vector,
        output,
        dimension,
        products,
        "‖v‖": vectorNorm,
        "‖Av‖": norm,
        vᵀAv: quadraticForm,
      }).map(([name, value]) => [name, typeof value === "number" ? formatNumber(value, 6) : (value ?? "n/a")]);
      return tableBlock({ columns: ["what", "value"], rows }, "Product");
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
  }
}
