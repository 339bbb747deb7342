import { defineConfig } from "vitest/config";
import { SOFTWARE_WEBGPU } from "./test/support/software-webgpu.ts";

// The processes that run the tests inherit it.
Object.assign(process.env, SOFTWARE_WEBGPU);

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    setupFiles: ["test/support/property-seed.ts"],
    pool: "forks",
    maxWorkers: 2,
  },
});
