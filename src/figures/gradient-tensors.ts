import type { FigureKind } from "./figure.ts";
import { COLOUR, finite, frame } from "./style.ts";

export const gradientTensors: FigureKind = {
  name: "gradient-tensors",
  instrument: "gradient",
  of({ gradient }) {
    const values = finite((gradient?.tensors ?? []).map(({ name, norm }) => ({ tensor: name, norm })));
    if (values.length < 2) return undefined;
    const y = {
      field: "tensor",
      type: "nominal",
      sort: null,
      title: null,
      axis: { grid: false, domain: false, ticks: false },
    } as const;
    return {
      title: "Gradient, tensor by tensor",
      description:
        "Length of the loss gradient in each parameter tensor, in the network's order. Squares add up to the square of the whole length.",
      spec: frame({
        height: { step: 24 },
        data: { values },
        layer: [
          {
            mark: { type: "bar", height: 12, color: COLOUR.primary },
            encoding: { y, x: { field: "norm", type: "quantitative", title: "‖∂L/∂θ‖" } },
          },
        ],
      }),
      table: { columns: ["tensor", "norm"], rows: (gradient?.tensors ?? []).map(({ name, norm }) => [name, norm]) },
    };
  },
};
