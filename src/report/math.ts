import temml from "temml";
import { raw, type Html } from "./html.ts";

/**
 * A formula as MathML, which browsers lay out and screen readers speak.
 *
 * @example
 * math(String.raw`\lambda_{\max}`);
 */
export function math(tex: string, display = false): Html {
  return raw(temml.renderToString(tex, { displayMode: display, annotate: false, throwOnError: false }));
}
