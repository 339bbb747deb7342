import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(new URL("torch/start.sh", import.meta.url));

/**
 * PyTorch in a process of its own that measures once per request (`bench.py --serve`).
 * `measure(name)` resolves to milliseconds.
 */
export async function torchServer(network, blas) {
  const child = spawn("sh", [START, blas, "bench.py", network, "--serve"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`PyTorch ended early for ${network} (${blas})`);
    return value;
  };
  const ready = JSON.parse(await next());
  const ask = async (command) => {
    child.stdin.write(`${command}\n`);
    const answer = await next();
    if (answer.startsWith("error")) throw new Error(`${network}: ${answer}`);
    return Number(answer);
  };
  return {
    blas,
    description: ready,
    measure: ask,
    peakMegabytes: () => ask("rss"),
    close: () => child.stdin.end("quit\n"),
  };
}
