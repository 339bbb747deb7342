import { z } from "zod";
import { formatMeasured, formatNumber } from "../util/format-number.ts";
import { dataGradient } from "../quantities/data-gradient.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { defineInstrument } from "./instrument.ts";
import { symmetriesPart, type SymmetryPart } from "./symmetry/symmetries-part.ts";
import { exactly } from "./judge-verdict.ts";
import { independentDirections } from "./symmetry/independent-directions.ts";
import { logitShifts, rescalings, signFlipsAndExchanges } from "./symmetry/find-symmetries.ts";
import { LossComparison } from "./symmetry/loss-comparison.ts";

/** Whether an L2 term is added, which the symmetries do not leave alone. */
function isBent(symmetries: SymmetryPart | null): boolean {
  return (symmetries?.l2 ?? 0) !== 0;
}

export const symmetriesInstrument = defineInstrument({
  name: "symmetries",
  title: "Symmetries and exactly flat directions",
  part: symmetriesPart,
  parameters: z.object({}),
  needs: [hessianExtremes, dataGradient],
  cost: ({ problem }) => 10 + 2 * problem.space.tensors.length,
  run: async (desk) => {
    const comparison = await LossComparison.open(desk);
    const found = [
      ...(await rescalings(desk, comparison)),
      ...(await logitShifts(desk, comparison)),
      ...(await signFlipsAndExchanges(desk, comparison)),
    ];
    const labels = new Map(desk.problem.space.tensors.map(({ name, label }) => [name, label]));
    const flat = independentDirections(
      found.filter(({ part }) => part.verified).map(({ part: { tensors }, directions }) => ({ tensors, directions })),
      desk.problem.space.dimension,
    );
    return {
      parts: {
        symmetries: {
          found: found.map(({ part }) => ({
            ...part,
            tensors: part.tensors.map((name) => labels.get(name) ?? name),
          })),
          flatDirections: flat.count,
          flatDirectionsAreBound: flat.isBound,
          l2: desk.problem.options.l2,
        },
      },
      converged: true,
    };
  },
  readings: ({ symmetries }) => [
    {
      label: "Exactly flat directions",
      value:
        symmetries === null
          ? formatNumber(null)
          : `${symmetries.flatDirectionsAreBound === true ? "≥ " : ""}${symmetries.flatDirections}`,
      note: `independent directions of symmetries that were verified on this network${isBent(symmetries) ? ", of the loss without its L2 term" : ""}`,
    },
    ...(symmetries?.found ?? []).map(({ title, count, verified, lossChange, curvatureAlongTangent }) => ({
      label: title,
      value: `${count} ${verified ? "verified" : "not verified"}`,
      note: `relative change of the loss ${formatNumber(lossChange, 2)}${curvatureAlongTangent === null ? "" : `; curvature along the orbit ${formatNumber(curvatureAlongTangent, 2)} of the largest`}`,
    })),
  ],
  measures:
    "Changes of the weights that provably leave the loss of every example as it is: found in the graph, then verified by carrying one out. For continuous ones also the two identities that follow: the gradient is orthogonal to the direction t of the orbit, and Ht = −Dg.",
  means: ({ symmetries }) =>
    symmetries && symmetries.found.length > 0 && symmetries.flatDirections === 0
      ? "Only discrete symmetries were found: they leave no direction flat."
      : symmetries && symmetries.found.length > 0
        ? `${symmetries.flatDirectionsAreBound === true ? "At least " : ""}${symmetries.flatDirections} independent directions are exactly flat because of symmetries: ${isBent(symmetries) ? "the loss without its L2 term stays the same along their orbits, which that term bends: what curvature the Hessian has along them says nothing about the data." : "the loss stays the same along their orbits. At a critical point each is an eigenvector of the Hessian with eigenvalue 0: these zeros say nothing about the data."}`
        : "No symmetry of the kinds that are looked for was found.",
  doesNotMean:
    "More symmetries may exist: only scalings of tensors and units, shifts of logits, sign flips and exchanges of units are looked for. Two networks that differ by such a change compute the same function, however far apart their weights are.",
  tryNext:
    "Before you compare the weights of two checkpoints, align their units: two networks may differ by an exchange of units alone.",
  verdicts: ({ symmetries }) => {
    const broken = symmetries?.found.filter(({ verified, kind }) => !verified && kind === "layer-rescaling") ?? [];
    return broken.map(({ title, lossChange }) => ({
      asks: `whether to ${title} leaves the loss alone`,
      claims: [
        {
          level: "note" as const,
          rests: [{ ground: exactly("the relative change of the loss", lossChange), above: 0 }] as const,
          text: `The graph allows to ${title}, but the loss changes by ${formatMeasured(lossChange)} of its size, more than rounding: something in the network, such as a small constant, breaks the symmetry.`,
        },
      ],
      decidedBy: "",
    }));
  },
});
