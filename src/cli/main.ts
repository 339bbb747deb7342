#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { CompiledScripts } from "./compiled-script.ts";

// What the build bundled of `program.ts` (`scripts/bundle-program.mjs`).
new CompiledScripts().load(fileURLToPath(new URL("../program/program.js", import.meta.url)));
