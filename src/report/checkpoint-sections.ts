import type { FigureTable } from "../figures/figure.ts";
import { checkpointFigures } from "../figures/checkpoints.ts";
import type { CheckpointsResult } from "../result/checkpoints-result.ts";
import { formatEstimate, formatMeasured, formatNumber } from "../util/format-number.ts";
import { formatCount } from "./count.ts";
import { figureBlock, tableBlock, undrawnBlock } from "./figure-block.ts";
import { markup, type Html } from "./html.ts";
import type { PageSection } from "./page.ts";
import type { RenderSvg } from "./render-svg.ts";

/** The numbers of each checkpoint in a row, as far as their errors support them. */
export function checkpointTable({ checkpoints }: CheckpointsResult): FigureTable {
  return {
    columns: ["weights", "loss", "‖g‖", "λmax", "λmin", "tr H", "tr G"],
    rows: checkpoints.map(({ weights, loss, gradientNorm, top, bottom, trace, gaussNewtonTrace }) => [
      weights,
      formatNumber(loss),
      formatNumber(gradientNorm),
      ...[top?.[0], bottom?.[0]].map((pair) => (pair ? formatMeasured(pair.value, pair.residual) : formatNumber(null))),
      ...[trace, gaussNewtonTrace].map((each) =>
        each ? formatEstimate(each.value, each.standardError) : formatNumber(null),
      ),
    ]),
  };
}

/** A network at many weights: the numbers that change, drawn, then all of them, then what each checkpoint warns of. */
export async function checkpointSections(result: CheckpointsResult, render: RenderSvg): Promise<PageSection[]> {
  const { checkpoints } = result;
  const open = checkpoints.filter(({ converged }) => !converged);
  const blocks: Html[] = [];
  for (const figure of checkpointFigures(result)) {
    const number = blocks.length + 1;
    blocks.push(await figureBlock(figure, number, render).catch(() => undrawnBlock(figure, number)));
  }
  const warned = checkpoints.flatMap(({ weights, verdicts }) =>
    verdicts.flatMap(({ level, text }) => (level === "warn" ? [[weights, text]] : [])),
  );
  return [
    {
      id: "summary",
      title: "Over the checkpoints",
      flag: open.length === 0 ? undefined : "not converged",
      body: markup`<p>One network at ${formatCount(checkpoints.length)} files of weights, each measured alone, with the same random numbers.</p>
${open.length > 0 && markup`<p role="note">Not every measurement reached its tolerance at ${open.map(({ weights }) => weights).join(", ")}.</p>`}
${blocks}
${tableBlock(checkpointTable(result), "Numbers of each checkpoint")}`,
    },
    ...(warned.length === 0
      ? []
      : [
          {
            id: "warnings",
            title: "What to look at",
            body: tableBlock({ columns: ["weights", "verdict"], rows: warned }, "Verdicts that warn"),
          },
        ]),
  ];
}
