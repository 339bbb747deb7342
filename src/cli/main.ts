#!/usr/bin/env node
// The build puts what it bundled of the program here (`scripts/bundle-program.mjs`).
await import("./program.ts");
