import type { Frame } from "../../result/envelope.ts";
import type { InspectResult } from "../../result/inspect-result.ts";
import type { ShownSection } from "../../result/shown-section.ts";
import { formatBytes, formatCount, formatLarge, formatShape } from "../../util/format-size.ts";

/** Hexadecimal digits of a hash that a person compares. */
const DIGITS = 16;

/** What a file holds: format, operators and cost; its parameters; what is none, and why; what was noticed. */
export function inspectSections(result: InspectResult, { model }: Frame): ShownSection[] {
  const { format, initializers, operators, differentiable, stopped, parameters } = result;
  const chosen = initializers.filter(({ selected }) => selected);
  const others = initializers.filter(({ selected }) => !selected);
  const remarks = [...(result.remarks ?? []), ...result.notices];
  const plain = { caveats: [], text: [], readings: [], table: null };
  return [
    {
      ...plain,
      title: "The file",
      readings: [
        ...(model === null
          ? []
          : [
              { label: "file", value: model.path },
              { label: "sha256", value: `${model.sha256.slice(0, DIGITS)}…` },
            ]),
        { label: "format", value: `opset ${format.opset}, written by ${format.producer || "an unnamed exporter"}` },
        { label: "inputs", value: valuesText(result.inputs) },
        { label: "outputs", value: valuesText(result.outputs) },
        {
          label: "operators",
          value: operators
            .map(
              ({ name, count, supported }) =>
                `${name}${supported ? "" : " (not read)"}${count > 1 ? ` ×${count}` : ""}`,
            )
            .join(", "),
        },
        ...costReadings(result),
        ...(stopped === null || stopped.length === 0 ? [] : [{ label: "held constant", value: stopped.join(", ") }]),
        { label: "differentiable", value: differentiable ? "yes" : "no" },
      ],
    },
    { ...plain, title: `Parameters: ${formatCount(parameters)} in ${chosen.length} tensors`, table: tensors(chosen) },
    ...(others.length === 0 ? [] : [{ ...plain, title: "Not parameters", table: tensors(others) }]),
    ...(remarks.length === 0 ? [] : [{ ...plain, title: "Remarks", text: remarks.map((remark) => `· ${remark}`) }]),
  ];
}

function tensors(list: InspectResult["initializers"]): ShownSection["table"] {
  return {
    columns: ["tensor", "shape", "why"],
    rows: list.map(({ name, label, shape, reason }) => [
      label === null ? name : `${label} (${name})`,
      formatShape(shape),
      reason,
    ]),
  };
}

function valuesText(list: InspectResult["inputs"]): string {
  return list.map(({ name, dtype, shape }) => `${name} ${dtype} ${formatShape(shape)}`).join(", ");
}

/** A gradient costs about three forward passes, a product about two gradients. */
function costReadings({ cost }: InspectResult): { label: string; value: string }[] {
  if (cost === null) return [];
  const { multiplyAdds: forward, exampleBytes, vectorBytes } = cost;
  return [
    {
      label: "cost",
      value: `${formatLarge(forward)} multiply–adds an example forward, about ${formatLarge(3 * forward)} for a gradient, ${formatLarge(6 * forward)} for Hv`,
    },
    {
      label: "memory",
      value: `${formatBytes(exampleBytes)} of values an example, ${formatBytes(vectorBytes)} a vector`,
    },
  ];
}
