import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where the checkout's onnxruntime-web lies for a page. */
export const ORT = dirname(/\/node_modules\/onnxruntime-web\/.*$/.exec(require.resolve("onnxruntime-web"))?.[0] ?? "");

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** What a package says of its files. */
const manifest = z.object({
  exports: z.unknown().optional(),
  module: z.string().optional(),
  main: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/** Where a page finds packages, and all that they ask for, by their names. */
function entriesOf(names: readonly string[], found: Record<string, string> = {}): Record<string, string> {
  for (const name of names) {
    if (name in found) continue;
    const folder = join("node_modules", name);
    const { exports, module, main, dependencies } = manifest.parse(
      JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")),
    );
    for (const [place, entry] of placesOf(exports ?? module ?? main)) {
      const file = forBrowsers(entry);
      if (file === undefined) continue;
      // "./src/*.js" gives out a folder: an import map names it by what it begins with.
      const [from, to] = [place, file].map((each) => each.split("*")[0]);
      found[join(name, from)] = `/${join(folder, to)}`;
    }
    entriesOf(Object.keys(dependencies), found);
  }
  return found;
}

/** What a package gives out, by what stands behind its name. */
function placesOf(exported: unknown): readonly (readonly [place: string, entry: unknown])[] {
  if (typeof exported !== "object" || exported === null) return [[".", exported]];
  const entries = Object.entries(exported);
  return entries.some(([place]) => place.startsWith(".")) ? entries : [[".", exported]];
}

/** The file that is meant for a page. */
function forBrowsers(exported: unknown): string | undefined {
  if (typeof exported === "string") return exported;
  if (typeof exported !== "object" || exported === null) return undefined;
  const entries = new Map<string, unknown>(Object.entries(exported));
  const condition = ["browser", "import", "module", "default"].find((each) => entries.has(each));
  return condition === undefined ? undefined : forBrowsers(entries.get(condition));
}

/** A server of the checkout whose front page can import the built package by its names. */
export interface CheckoutServer {
  readonly origin: string;
  close(): void;
}

/** @param build the file of onnxruntime-web that the page imports: "ort.wasm.min.mjs" */
export async function serveCheckout(build: string): Promise<CheckoutServer> {
  if (!existsSync(join(ROOT, "dist/web.js"))) throw new Error("dist/ is missing: run `npm run build` first");
  const { dependencies } = manifest.parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  const imports = {
    ...entriesOf(Object.keys(dependencies)),
    "thalweg/web": "/dist/web.js",
    "onnxruntime-web": `${ORT}/${build}`,
  };
  const page = `<!doctype html><link rel=icon href=data:,><title>web</title><script type=importmap>${JSON.stringify({ imports })}</script>`;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/") return void response.setHeader("content-type", "text/html").end(page);
    const file = join(ROOT, pathname);
    if (!file.startsWith(ROOT) || !existsSync(file)) return void response.writeHead(404).end();
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream").end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has a port.");
  return { origin: `http://127.0.0.1:${address.port}/`, close: () => void server.close() };
}
