import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { SOFTWARE_WEBGPU } from "./test/support/software-webgpu.ts";

// The processes that run the tests inherit it.
Object.assign(process.env, SOFTWARE_WEBGPU);

const files = ["src", "test"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `${folder}/${file}`),
);
/** Those that put another module in the place of one of ours, which must not be loaded yet. */
const mocking = files.filter((file) => readFileSync(file, "utf8").includes("vi.mock("));

/** What `npm test` leaves out, and `npm run test:all`, as the continuous integration, does not. */
const thorough = files.filter((file) => readFileSync(file, "utf8").startsWith("/** @thorough"));

export default defineConfig(({ mode }) => ({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    setupFiles: ["test/support/every-file.ts"],
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "alone", include: mocking, exclude: mode === "brief" ? thorough : [] } },
      {
        extends: true,
        test: {
          name: "together",
          include: files,
          exclude: mode === "brief" ? [...mocking, ...thorough] : mocking,
          // Modules keep no state, and to load them again for every file takes a sixth of the time of all tests.
          isolate: false,
        },
      },
    ],
  },
}));
