import { PALETTE, type Scheme } from "../figures/style.ts";

/**
 * `light` and `dark` carry their colours and stand alone; `page` draws with the CSS variables
 * `--figure-<role>` and the font of the page around it, so that one drawing serves both schemes.
 */
export type SvgTheme = Scheme | "page";

/** The CSS variables that `page` drawings use, with the colours of a scheme. */
export function figureVariables(scheme: Scheme): string {
  return Object.entries(PALETTE[scheme])
    .map(([role, colour]) => `--figure-${role}:${colour};`)
    .join("");
}

/** The paper behind a drawing: the first thing in it. */
const BACKGROUND = /^(<svg[^>]*>)<rect [^>]*\/>/;

/** A drawing that nobody points into: without what marks say, and without those that are there to say it only. */
function withoutTips(svg: string): string {
  return svg.replace(/ data-tip="[^"]*"/g, "").replace(/<path [^>]* opacity="0"\/>/g, "");
}

/** A drawing in light colours, with what its marks say, as a theme shows it. */
export function recolour(svg: string, theme: SvgTheme): string {
  if (theme === "light") return withoutTips(svg);
  const roles = Object.entries(PALETTE.light);
  // A page has its font and its paper, and shows what a mark says to whoever points at it.
  const plain =
    theme === "page" ? svg.replace(/ font-family="[^"]*"/g, "").replace(BACKGROUND, "$1") : withoutTips(svg);
  return plain.replace(/#[0-9a-f]{6}\b/g, (colour) => {
    const found = roles.find(([, each]) => each === colour);
    if (found === undefined) return colour;
    const [role] = found;
    if (theme === "page") return `var(--figure-${role})`;
    const [, replacement] = Object.entries(PALETTE[theme]).find(([each]) => each === role) ?? found;
    return replacement;
  });
}
