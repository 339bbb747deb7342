/**
 * A module to import before a program: at its end it notes in the file PEAK how much memory it had at most, in KiB.
 * The system's `maxRSS` counts what the parent had when it forked, too; a high-water mark is of the program alone.
 */
export const PEAK_HOOK = `data:text/javascript,${encodeURIComponent(
  String.raw`import { readFileSync, writeFileSync } from "node:fs";
process.on("exit", () => {
  let peak = process.resourceUsage().maxRSS;
  try {
    peak = /VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
  } catch {}
  writeFileSync(process.env.PEAK, String(peak));
});`,
)}`;
