import type { FigureKind } from "./figure.ts";
import { foremost, rowAxis, rowFrame } from "./named-rows.ts";
import { COLOUR, finite, said, TIP } from "./style.ts";
import { wideAxis } from "./wide-axis.ts";

export const gradientTensors: FigureKind = {
  name: "gradient-tensors",
  instrument: "gradient",
  of({ gradient }) {
    const tensors = gradient?.tensors ?? [];
    const { shown, others } = foremost(tensors, ({ norm }) => norm);
    const rest =
      others.length > 0
        ? [{ name: `${others.length} smaller ones together`, norm: Math.hypot(...others.map(({ norm }) => norm)) }]
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
