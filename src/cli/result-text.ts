import type { ResultDocument } from "../documents/result-kinds.ts";
import { checkpointsText } from "./checkpoints-text.ts";
import { profileText } from "./profile-text.ts";
import type { Style } from "./terminal.ts";

/** A result as it is read on a terminal; with `all`, every number of it. */
export function resultText(document: ResultDocument, style: Style, all: boolean): string {
  switch (document.schema) {
    case "thalweg/profile@1":
      return profileText(document, style, all);
    case "thalweg/checkpoints@1":
      return checkpointsText(document, style);
    default:
      return `${document.schema}\n`;
  }
}
