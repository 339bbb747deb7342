import type { ShownSection } from "../../result/shown-section.ts";
import { formatBound, formatEstimate, formatNumber, formatShare } from "../../util/format-number.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import { byChange, changeText } from "./change-text.ts";
import type { SensitivityResult, TensorChange } from "./sensitivity-result.ts";
import { capitalized } from "../../util/capitalized.ts";

/** Tensors of a table where there is little room. */
const BRIEF = 8;

/** What all tensors at once do, what is chosen, then every tensor, the costliest first. */
export function sensitivitySections(result: SensitivityResult): ShownSection[] {
  return [summary(result), ...choiceSection(result), ...[...byChange(result.tensors)].map(tensorSection)];
}

function summary({ loss, lossRounding, accuracy, test, ranks, together, tensors }: SensitivityResult): ShownSection {
  const outside = ranks.reduce((sum, each) => sum + each.tensors - each.covered, 0);
  return {
    title: "What changing the weights costs",
    caveats: [
      ...(outside > 0
        ? [
            `${formatCount(outside)} of ${formatCount(tensors.length)} measured changes ${outside === 1 ? "lies" : "lie"} outside the error of the predicted one: gradient and curvature at the weights do not describe a change of that size.`,
          ]
        : []),
      ...ranks.flatMap((each) =>
        each.resolved < each.tensors
          ? [
              `At ${changeText(each)} the loss changes by no more than its rounding for ${formatCounted(each.tensors - each.resolved, "tensor")} of ${formatCount(each.tensors)}.`,
            ]
          : [],
      ),
    ],
    text: [
      ...ranks.map((each) =>
        each.correlation === null
          ? `${capitalized(changeText(each))}: the tensors cannot be ranked; the changes of ${formatCount(each.covered)} of ${formatCount(each.tensors)} are predicted within the error.`
          : `${capitalized(changeText(each))}: predicted and measured changes of ${formatCounted(each.resolved, "tensor")} that are larger than rounding have the rank correlation ${formatNumber(each.correlation, 3)}; the changes of ${formatCount(each.covered)} of all ${formatCount(each.tensors)} are predicted within the error.`,
      ),
      "Predicted is gᵀd + ½ dᵀHd for the change d of the weights; its error comes from the loss at ½d and −d, not from what is measured at d. One by one says the sum over single tensors: what it differs by from all at once is what they do together.",
    ],
    readings: [
      { label: "Loss", value: formatEstimate(loss, lossRounding) },
      ...(accuracy === null ? [] : [{ label: "Accuracy", value: formatShare(accuracy) }]),
      ...(test === null
        ? []
        : [
            { label: "Held-out loss", value: formatEstimate(test.loss, test.lossRounding) },
            ...(test.accuracy === null ? [] : [{ label: "Held-out accuracy", value: formatShare(test.accuracy) }]),
          ]),
    ],
    table: {
      columns: [
        "all tensors at once",
        "loss changes by",
        "predicted",
        "one by one",
        "accuracy",
        ...(test === null ? [] : ["held-out loss changes by", "held-out accuracy"]),
      ],
      rows: together.map((each) => [
        changeText(each),
        formatEstimate(each.measured, each.measuredError),
        formatEstimate(each.predicted, each.error),
        formatNumber(each.singly),
        formatShare(each.accuracy),
        ...(test === null ? [] : unseenCells(each)),
      ]),
    },
  };
}

function choiceSection({ choice, loss }: SensitivityResult): ShownSection[] {
  if (choice === null) return [];
  const { budget, used, tensors, expected, bound, outcome } = choice;
  const after = (change: number) => formatNumber(loss + change);
  return [
    {
      title: `Which bits to give to which tensor in ${formatShare(budget)} of the size`,
      caveats: [],
      text: [
        `Measured costs of single tensors, none taken below 0, add up to ${formatNumber(expected)}; no choice of these bits within the budget adds up to less than ${formatBound(bound, 4, "least")}. With all of it at once the loss goes from ${formatNumber(loss)} to ${after(outcome.measured)}.${
          outcome.measured - outcome.measuredError > 2 * expected
            ? " Most of that is in no sum over single tensors: it is what they do together."
            : ""
        }`,
        ...besides(choice, after),
      ],
      readings: [
        { label: "Size", value: formatShare(used), note: "of 32-bit floats, with a 32-bit scale for each channel" },
        { label: "Change of the loss", value: formatEstimate(outcome.measured, outcome.measuredError) },
        { label: "Predicted, all at once", value: formatEstimate(outcome.predicted, outcome.error) },
        ...(outcome.accuracy === null ? [] : [{ label: "Accuracy", value: formatShare(outcome.accuracy) }]),
        ...(outcome.test === null
          ? []
          : [
              {
                label: "Change of the held-out loss",
                value: formatEstimate(outcome.test.measured, outcome.test.measuredError),
              },
            ]),
      ],
      table: {
        columns: ["tensor", "bits"],
        rows: tensors.map(({ name, bits }) => [name, bits]),
        brief: { rows: [...tensors.keys()].slice(0, BRIEF), columns: [0, 1] },
      },
    },
  ];
}

/** What else was measured within the budget, and what it comes to. */
function besides(
  { uniform, mix, outcome }: NonNullable<SensitivityResult["choice"]>,
  after: (change: number) => string,
): string[] {
  if (uniform === null) return [];
  return [
    outcome.measured < mix || !Number.isFinite(mix)
      ? `It is the same for every tensor: the mix of bits whose single costs add up to least takes the loss to ${after(mix)}.`
      : `${uniform.bits} bits for every tensor, the best of the same for all, take it to ${after(uniform.measured)}.`,
  ];
}

function tensorSection([change, rows]: readonly [string, readonly TensorChange[]]): ShownSection {
  const sorted = rows.toSorted((a, b) => b.predicted - a.predicted);
  const hasUnseen = rows.some(({ test }) => test !== null);
  return {
    title: `Tensors at ${change}, what costs most by prediction first`,
    caveats: [],
    text: [],
    readings: [],
    table: {
      columns: [
        "tensor",
        "loss changes by",
        "predicted",
        "weights",
        "channels",
        "‖d‖ / ‖w‖",
        "gᵀd",
        "½ dᵀHd",
        "accuracy",
        ...(hasUnseen ? ["held-out loss changes by", "held-out accuracy"] : []),
      ],
      rows: sorted.map((each) => [
        each.name,
        formatEstimate(each.measured, each.measuredError),
        formatEstimate(each.predicted, each.error),
        formatCount(each.parameters),
        formatCount(each.channels),
        formatNumber(each.relative, 3),
        formatNumber(each.slope, 3),
        formatNumber(each.curvature, 3),
        formatShare(each.accuracy),
        ...(hasUnseen ? unseenCells(each) : []),
      ]),
      brief: { rows: [...sorted.keys()].slice(0, BRIEF), columns: [0, 1, 2, 3, 5] },
    },
  };
}

/** What a change does on held-out examples. */
function unseenCells({ test }: Pick<TensorChange, "test">): string[] {
  return [formatEstimate(test?.measured, test?.measuredError), formatShare(test?.accuracy ?? null)];
}
