import type { Check } from "../result/envelope.ts";
import type { LoadProof, ProofBench } from "./load-proof.ts";
import { importProof } from "./import-proof.ts";
import { fileLossProof } from "./file-loss-proof.ts";
import { deviceProof } from "./device-proof.ts";

/** What is proven at every load, in order. */
const LOAD_PROOFS: readonly LoadProof[] = [importProof, fileLossProof, deviceProof];

/** Makes every proof, one after the other. */
export async function proveLoad(bench: ProofBench): Promise<Check[]> {
  const checks: Check[] = [];
  for (const proof of LOAD_PROOFS) {
    const check = await proof.prove({ ...bench, random: bench.random.split(proof.name) });
    if (check) checks.push(check);
  }
  return checks;
}

/** A sentence for each proof that failed or could not be made. */
export function proofWarnings(checks: readonly Check[]): string[] {
  const isOpen = (proof: string) => checks.some(({ name, passed }) => name === proof && passed === null);
  const isSaid = (check: string) =>
    LOAD_PROOFS.some(({ name, restsOn }) => name === check && isOpen(name) && restsOn !== undefined && isOpen(restsOn));
  return checks.flatMap(({ name, passed, detail }) => (passed === true || isSaid(name) ? [] : [detail]));
}
