import { defineConfig } from "oxlint";

/** The rooms of src/ in the order in which the data walks; a folder imports only folders before it. */
const ROOMS = [
  "util",
  "random",
  "linalg",
  "files",
  "data",
  "graph",
  "ops",
  "onnx",
  "autodiff",
  "runtime",
  "problem",
  "operators",
  "estimators",
  "result",
  "figures",
  "explain",
  "quantities",
  "instruments",
  "documents",
  "compare",
  "report",
  "io",
  "load",
  "cli",
];

/** Rooms that never touch files, network, process or console. */
const PURE = ROOMS.filter((room) => !["runtime", "io", "load", "cli"].includes(room));

const boundaries = ROOMS.map((room, position) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          ...ROOMS.slice(position + 1).map((later) => ({
            group: [`**/${later}/**`],
            message: `${room}/ comes before ${later}/ and must not import it.`,
          })),
          ...(PURE.includes(room) ? [{ group: ["node:*"], message: `${room}/ is pure: files, network and process stay at the edges.` }] : []),
          ...(room === "runtime" ? [] : [{ group: ["onnxruntime-*"], message: "Only runtime/ imports onnxruntime." }]),
        ],
      },
    ],
    ...(PURE.includes(room) && { "no-console": "error" }),
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
