import { BUILT_IN_SETS } from "../data/built-in-sets.ts";
import type { ResultDocument } from "../documents/result-kinds.ts";
import { formatNumber, typeset } from "../util/format-number.ts";
import { formatCount, formatCounted } from "./count.ts";
import { markup, type Html } from "./html.ts";
import { math } from "./math.ts";

/** How to do it again: the command as it was given. */
export function reproduction({ command }: ResultDocument): Html {
  const line = ["thalweg", ...command].map(quote).join(" ");
  return markup`<p>The same seed, build and machine give the same numbers:</p>
<div class="command"><pre id="command">${line}</pre><button type="button" data-copy="command" aria-label="Copy the command" hidden>Copy</button></div>
<p class="aside screen">This page holds the whole result as JSON: save it with the button at the top of the page.</p>`;
}

/** An argument as a POSIX shell takes it. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** Versions, hashes, seed, data and machine. */
export function provenance({ thalweg, createdAt, seed, model, data, loss, precision, runtime }: ResultDocument): Html {
  const facts: (readonly [string, Html | string] | undefined)[] = [
    ["Thalweg", thalweg],
    ["Written", createdAt.replace("T", " ").replace(/\.\d+Z$/, " UTC")],
    model
      ? [
          "Model",
          markup`${model.path}, ${formatCount(model.parameters)} parameters<br><span class="hash">sha256 ${model.sha256}</span>${(model.externalData ?? []).map((file) => markup`<br>with ${file.path} <span class="hash">sha256 ${file.sha256}</span>`)}${model.weights && markup`<br>weights of ${model.weights.path} <span class="hash">sha256 ${model.weights.sha256}</span>`}`,
        ]
      : undefined,
    model?.heldConstant
      ? [
          "Held constant",
          `${formatCount(model.heldConstant.parameters)} ${model.heldConstant.parameters === 1 ? "number" : "numbers"} in ${formatCount(model.heldConstant.tensors)} ${model.heldConstant.tensors === 1 ? "tensor" : "tensors"} that could be trained (${model.heldConstant.names.join(", ")}${model.heldConstant.tensors > model.heldConstant.names.length ? ", …" : ""}); ${model.heldConstant.flag} adds them`,
        ]
      : undefined,
    data
      ? [
          "Data",
          markup`${data.path}, ${formatCounted(data.examples, "example")}<br><span class="hash">sha256 ${data.sha256}</span>`,
        ]
      : undefined,
    loss
      ? [
          "Loss",
          markup`${loss.title}, ${loss.reduction} over ${formatCounted(loss.terms, "term")}${loss.l2 > 0 && `, λ = ${formatNumber(loss.l2)}`}${loss.guessed && ", guessed from the labels"}: ${math(loss.formula)}`,
        ]
      : undefined,
    precision ? ["Precision", `${precision}; sums over examples and between long vectors in float64`] : undefined,
    ["Seed", String(seed)],
    runtime
      ? [
          "Run on",
          `${runtime.engine}${runtime.engine.endsWith(runtime.device) ? "" : `, ${runtime.device}`}, ${runtime.threads} ${runtime.threads === 1 ? "thread" : "threads"}, ${runtime.platform}, ${typeset(formatNumber(runtime.seconds, 3))} s`,
        ]
      : undefined,
  ];
  return markup`<dl class="facts">${facts.map((fact) => fact && markup`<dt>${fact[0]}</dt><dd>${fact[1]}</dd>`)}</dl>`;
}

/** Every check of the run with its figure and its limit. */
export function checkTable({ checks }: Pick<ResultDocument, "checks">): Html {
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="Table of the checks"><table>
<thead><tr><th scope="col">Check</th><th scope="col">Outcome</th><th scope="col" class="number">Found</th><th scope="col" class="number">Limit</th></tr></thead>
<tbody>${checks.map(
    ({
      title,
      detail,
      passed,
      measured,
      limit,
    }) => markup`<tr><th scope="row">${title}<br><span class="aside">${detail}</span></th>
<td class="${passed === true ? "pass" : "warn"}">${passed === null ? "not made" : passed ? "passed" : "failed"}</td>
<td class="number">${typeset(formatNumber(measured, 2))}</td><td class="number">${typeset(formatNumber(limit, 2))}</td></tr>`,
  )}</tbody></table></div>`;
}

/** Where the data come from, for those that come with the package; the hash for all others. */
export function citation({ data }: ResultDocument): Html {
  if (data === null) return markup`<p>No data were used.</p>`;
  const set = BUILT_IN_SETS.find(({ name }) => name === data.path.split(":")[0]);
  if (set === undefined) {
    return markup`<p>Cite the source of your data, and give this hash so that others can tell whether they hold the same numbers: <span class="hash">${data.sha256}</span></p>`;
  }
  return markup`<p>${set.citation} <a href="${set.url}">${set.url}</a>. Licence: ${set.licence}.</p>`;
}
