import { expect, test } from "vitest";
import { KeptSession } from "./kept-session.ts";

test("the session that is released last stays until there is another, or until the end", async () => {
  const released: string[] = [];
  const session = (name: string) => ({
    release: () => {
      released.push(name);
      return Promise.resolve();
    },
  });
  const sessions = new KeptSession();
  const a = await sessions.add(session("a"));
  const b = await sessions.add(session("b"));
  await a();
  expect(released).toEqual(["a"]);
  await b();
  await b();
  expect(released).toEqual(["a"]);
  const c = await sessions.add(session("c"));
  expect(released).toEqual(["a", "b"]);
  await c();
  expect(released).toEqual(["a", "b"]);
  await sessions.close();
  await sessions.close();
  expect(released).toEqual(["a", "b", "c"]);
});
