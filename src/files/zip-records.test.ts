import { expect, test } from "vitest";
import { DIRECTORY_ENTRY, END, LOCAL_HEADER, unsigned, ZIP64_END, ZIP64_LOCATOR } from "./zip-records.ts";

test("have the lengths of the standard", () => {
  expect([LOCAL_HEADER, DIRECTORY_ENTRY, END, ZIP64_END, ZIP64_LOCATOR].map(({ bytes }) => bytes)).toEqual([
    30, 46, 22, 56, 20,
  ]);
});

test("are read where they were written", () => {
  const entry = { crc: 0xdeadbeef, size: 0xfffffffe, nameBytes: 65535, offset: 1 };
  const data = new Uint8Array(50);
  data.set(DIRECTORY_ENTRY.write(entry), 3);
  expect(DIRECTORY_ENTRY.isAt(data, 3)).toBe(true);
  expect(DIRECTORY_ENTRY.isAt(data, 2)).toBe(false);
  expect(LOCAL_HEADER.isAt(data, 3)).toBe(false);
  expect(DIRECTORY_ENTRY.read(data, 3)).toMatchObject({ ...entry, method: 0, commentBytes: 0 });
  // The offset is the last field, and little-endian.
  expect([...data.subarray(3 + 42, 3 + 46)]).toEqual([1, 0, 0, 0]);
});

test("hold 64 bits", () => {
  expect(ZIP64_LOCATOR.read(ZIP64_LOCATOR.write({ offset: Number.MAX_SAFE_INTEGER }), 0).offset).toBe(
    Number.MAX_SAFE_INTEGER,
  );
  expect([...unsigned(2 ** 40 + 7, 8)]).toEqual([7, 0, 0, 0, 0, 1, 0, 0]);
});
