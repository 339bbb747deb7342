import { expect, it } from "vitest";
import { requireUnique } from "./require-unique.ts";

it("refuses two things of one name, and no thing that is there twice", () => {
  const [one, other] = [{ name: "a" }, { name: "b" }];
  const nameOf = ({ name }: { name: string }) => name;
  expect(requireUnique([one, other, one], nameOf, "tasks")).toHaveLength(3);
  expect(() => requireUnique([one, { name: "a" }], nameOf, "tasks")).toThrow(/^Two tasks are called "a"/);
});
