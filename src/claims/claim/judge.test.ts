import { describe, expect, it } from "vitest";
import { atMost, equals, weigh } from "./evidence.ts";
import { exchanged, judge } from "./judge.ts";

const apart = weigh({
  name: "apart",
  measured: 1.01,
  standardError: 0.01,
  law: equals(1),
  rival: equals(2),
  allowed: 0.03,
});
const alike = weigh({ name: "alike", measured: 3, law: equals(3) });
const both = weigh({ name: "both", measured: 5, standardError: 0.1, law: equals(5), rival: equals(5.1), allowed: 0.3 });
const off = weigh({ name: "off", measured: 1.4, standardError: 0.01, law: equals(1), rival: equals(2), allowed: 0.03 });

describe("judge", () => {
  it("lets a statement hold whose law is met, and whose rival is excluded", () => {
    expect(judge("law", [apart, alike])).toEqual({ verdict: "holds", accepted: true, rivalExcluded: true });
  });

  it("lets a statement fail that amounts to the excluded law, and hold conditionally where other evidence meets both", () => {
    expect(judge("rival", [apart]).verdict).toBe("fails");
    expect(judge("rival", [apart, both]).verdict).toBe("conditional");
    expect(judge("rival", [apart, alike]).verdict).toBe("conditional");
  });

  it("decides nothing without a rival that is excluded, or with a law that is not met", () => {
    for (const says of ["law", "rival"] as const) {
      expect(judge(says, [])).toEqual({ verdict: "undecided", accepted: false, rivalExcluded: false });
      expect(judge(says, [alike, both]).verdict).toBe("undecided");
    }
    expect(judge("rival", [off]).verdict).toBe("undecided");
  });

  it("lets a statement fail whose own law is excluded", () => {
    expect(judge("law", [off])).toMatchObject({ verdict: "fails", accepted: false });
    const doubtful = { ...off, standardError: 0.2 };
    expect(judge("law", [doubtful]).verdict).toBe("undecided");
  });

  it("does not exclude what five standard errors reach", () => {
    expect(judge("law", [{ ...apart, standardError: 0.3 }]).rivalExcluded).toBe(false);
  });

  it("meets no law with a number that is none", () => {
    const none = weigh({ name: "none", measured: Number.NaN, law: atMost(3), rival: equals(1), allowed: 10 });
    expect(judge("law", [none])).toMatchObject({ accepted: false });
  });

  it("does not accept the laws exchanged", () => {
    expect(judge("law", exchanged([apart, alike])).accepted).toBe(false);
    expect(exchanged([alike])).toEqual([alike]);
  });
});
