/** What a run leaves behind, besides what it prints. */
export type Output =
  | {
      readonly as: "folder";
      readonly description: string;
      /** Whether it is written where none is named, too. */ readonly isUsual: boolean;
    }
  | { readonly as: "file"; readonly description: string; readonly placeholder: string };

/** A folder with result, figures and report, named by the run where nobody names it. */
export const RUN_FOLDER: Output = {
  as: "folder",
  description: "folder for the run (default: thalweg-runs/…)",
  isUsual: true,
};

/** The same, where one is named. */
export const FOLDER_ON_DEMAND: Output = {
  as: "folder",
  description: "folder for result.json and report.html (default: none is written)",
  isUsual: false,
};

/** One file, which is what was asked for. */
export function fileOf(description: string, placeholder: string): Output {
  return { as: "file", description, placeholder };
}
