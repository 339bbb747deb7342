import { expect, test } from "vitest";
import { ThalwegError } from "./thalweg-error.ts";

test("a list of a hundred thousand numbers is shown by its beginning", () => {
  const list = Array.from({ length: 1e5 }, (_, i) => i).join(", ");
  const { message } = new ThalwegError({
    kind: "input",
    code: "bad-attribute",
    message: `Node t orders 2 axes by [${list}] and [1, 2, 3].`,
  });
  expect(message).toBe("Node t orders 2 axes by [0, 1, 2, 3, 4, 5, 6, 7, …] and [1, 2, 3].");
});
