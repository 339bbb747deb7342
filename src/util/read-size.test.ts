import { describe, expect, it } from "vitest";
import { readSize } from "./read-size.ts";

describe("a size of memory", () => {
  it.each([
    ["8GB", 8e9],
    ["8GiB", 8 * 2 ** 30],
    ["1.5g", 1.5e9],
    ["512 MB", 512e6],
    ["700k", 7e5],
    ["1TiB", 2 ** 40],
  ])("%s", (text, bytes) => {
    expect(readSize(text)).toBe(bytes);
  });

  it.each(["8", "GB", "-1GB", "8 bytes", "8GBs", "1e3GB", ""])("is not %s", (text) => {
    expect(readSize(text)).toBeUndefined();
  });
});
