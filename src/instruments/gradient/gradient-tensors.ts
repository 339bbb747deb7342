import type { FigureKind } from "../../figures/figure.ts";
import { foremost, rowAxis, rowFrame } from "../../figures/named-rows.ts";
import { COLOUR, finite, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import type { gradientPart } from "./gradient-part.ts";
import type { OutputOf } from "../part.ts";
import { hypotOf } from "../../util/extremes.ts";

export const gradientTensors: FigureKind<OutputOf<typeof gradientPart>> = {
  name: "gradient-tensors",
  of({ gradient }) {
    const tensors = gradient?.tensors ?? [];
    const { shown, others } = foremost(tensors, ({ norm }) => norm);
    const rest =
      others.length > 0
        ? [{ name: `${others.length} smaller ones together`, norm: hypotOf(others.map(({ norm }) => norm)) }]
        : [];
    const values = finite(
      [...shown, ...rest].map(({ name, norm }) => ({ tensor: name, norm, tip: `${name}: ${said(norm)}` })),
    );
    if (values.length < 2) return undefined;
    const y = rowAxis(
      "tensor",
      values.map(({ tensor }) => tensor),
    );
    return {
      title: "Gradient, tensor by tensor",
      description:
        "Length of the loss gradient in each parameter tensor, in the network's order. Squares add up to the square of the whole length.",
      spec: rowFrame(22, {
        data: { values },
        layer: [
          {
            mark: { type: "bar", height: 12, color: COLOUR.primary },
            encoding: {
              y,
              x: { field: "norm", type: "quantitative", title: "‖∂L/∂θ‖", ...wideAxis(values.map(({ norm }) => norm)) },
              ...TIP,
            },
          },
        ],
      }),
      table: { columns: ["tensor", "norm"], rows: tensors.map(({ name, norm }) => [name, norm]) },
    };
  },
};
