import { readFileSync } from "node:fs";
import { defineConfig } from "oxlint";

/**
 * The rooms of src/ in the order in which the data walks; a folder imports only folders before it. Rooms at the edge may
 * touch files, network, process and console.
 *
 * @type {readonly { readonly name: string; readonly summary: string; readonly edge?: boolean }[]}
 */
const ROOMS = JSON.parse(readFileSync(new URL("src/rooms.json", import.meta.url), "utf8"));

const boundaries = ROOMS.map(({ name: room, edge }, position) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          ...ROOMS.slice(position + 1).map(({ name: later }) => ({
            group: [`**/${later}/**`],
            message: `${room}/ comes before ${later}/ and must not import it.`,
          })),
          ...(edge ? [] : [{ group: ["node:*"], message: `${room}/ is pure: files, network and process stay at the edges.` }]),
          ...(room === "runtime" ? [] : [{ group: ["onnxruntime-*"], message: "Only runtime/ imports onnxruntime." }]),
        ],
      },
    ],
    ...(!edge && { "no-console": "error" }),
  },
}));

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc", "vitest"],
  categories: { correctness: "error", suspicious: "warn" },
  options: { typeAware: true },
  env: { node: true, es2024: true },
  rules: {
    // Imports of types count: a circle of concepts is a circle, whatever the compiler erases.
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-floating-promises": "error",
    "no-shadow": "off",
    "typescript/unbound-method": "off",
    "typescript/consistent-return": "off",
    "typescript/no-unsafe-type-assertion": "error",
    "unicorn/no-new-array": "off",
    "unicorn/prefer-add-event-listener": "off",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "unicorn/consistent-function-scoping": "off",
    "no-await-in-loop": "off",
  },
  overrides: [
    ...boundaries,
    // Tests read fixtures and use the platform as an oracle.
    {
      files: ["**/*.test.ts", "test/**/*.ts"],
      rules: {
        "no-restricted-imports": "off",
        // fast-check is used as `fc`, as its documentation does.
        "import/no-named-as-default-member": "off",
        "import/no-named-as-default": "off",
        // Assertions live in shared checks, titles come from tables, reference digits from tables of functions.
        "vitest/expect-expect": "off",
        "vitest/valid-title": "off",
        "vitest/no-conditional-expect": "off",
        "no-loss-of-precision": "off",
        "vitest/valid-expect": ["error", { maxArgs: 2 }],
        // Fuzzers write what no enumeration allows.
      },
    },
  ],
  ignorePatterns: ["dist", "coverage", "node_modules"],
});
