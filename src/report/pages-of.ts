import { experimentOf } from "../documents/experiment-of.ts";
import { resultJson } from "../documents/named-result.ts";
import { encodeResult, kindOf, readResult, type ResultDocument } from "../documents/result-kinds.ts";
import { z } from "zod";

/** A page beside a report. */
export interface ReportPage {
  readonly file: string;
  /** What it shows, as if it had been measured alone. */
  readonly document: ResultDocument;
}

/** The pages of a result that has some: each a result of its own, with what the envelope says of the whole. */
export function pagesOf(document: ResultDocument): ReportPage[] {
  const pages = experimentOf(kindOf(document)).pages?.(resultJson(document)) ?? [];
  if (pages.length === 0) return [];
  const around = z.looseObject({}).parse(JSON.parse(encodeResult(document)));
  return pages.map(({ file, of, result }) => ({
    file,
    document: readResult({ ...around, schema: `thalweg/${of}@1`, sections: null, result }),
  }));
}
