import { readFileSync } from "node:fs";
import { z } from "zod";
import { describe, expect, it } from "vitest";
import { exchanged, isMet, judge } from "../../src/claims/claim/judge.ts";
import { CLAIMS } from "../../src/claims/registry.ts";
import { type Topic, TOPICS } from "../../src/claims/topics.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { runtime } from "./run-values.ts";

/** Below every size: each claim takes the smallest with which it can fail. */
const SMALLEST = 1e-6;
const SEED = Number(process.env["CLAIM_SEED"] ?? 0);
const SCALE = Number(process.env["CLAIM_SCALE"] ?? SMALLEST);

async function measured(claim: (typeof CLAIMS)[number]) {
  const options = claim.optionsAt(SCALE, {});
  const random = createRandom(SEED).split(claim.id);
  const found = [];
  for (let part = 0; part < claim.partsOf(options); part++)
    found.push(await claim.measurePart(options, part, { random: random.split(String(part)), context: {}, runtime }));
  return claim.conclude(found, options);
}

/** Every claim of a topic at its smallest size. CLAIM_SCALE=1 takes the usual one, CLAIM_SEED another seed. */
export function testClaims(topic: Topic): void {
  const path = new URL(`../fixtures/claim-verdicts/${topic}.json`, import.meta.url);
  const expected = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(path, "utf8")));
  const mine = CLAIMS.filter((claim) => claim.topic === topic);
  describe.each(mine.map((claim) => [claim.id, claim] as const))("claim %s", (id, claim) => {
    it("comes to its verdict at the smallest size, and is not accepted with the laws exchanged", async () => {
      const { evidence, picture } = await measured(claim);
      const missed = evidence.filter((each) => !isMet(each.law, each));
      expect(missed, JSON.stringify(missed, undefined, 1)).toEqual([]);
      expect(judge(claim.says, evidence)).toEqual({ verdict: expected[id], accepted: true, rivalExcluded: true });
      expect(judge(claim.says, exchanged(evidence)).accepted).toBe(false);
      expect(picture === null || picture.measured.length > 0).toBe(true);
    }, 120_000);

    it("is named after its topic, and says what the reader is to know", () => {
      const about = TOPICS.find(({ name }) => name === claim.topic);
      expect(id).toMatch(new RegExp(`^${about?.letter}\\d+$`));
      for (const text of [claim.statement, claim.why, claim.means, claim.breaks])
        expect(text).toMatch(/^[A-Z“‖ℓ].*[.?]$/s);
      for (const text of [claim.law, claim.rival, claim.source]) expect(text).not.toMatch(/[.;]$/);
      expect(claim.source).toMatch(/\d{4}/);
      expect(claim.source + claim.reading.join()).not.toMatch(/from memory|mem\./);
    });
  });
}
