export type { Term } from "../result/explain-document.ts";
