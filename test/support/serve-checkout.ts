import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where the checkout's onnxruntime-web lies for a page. */
export const ORT = dirname(/\/node_modules\/onnxruntime-web\/.*$/.exec(require.resolve("onnxruntime-web"))?.[0] ?? "");

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** A server of the checkout whose front page can import the built package by its names. */
export interface CheckoutServer {
  readonly origin: string;
  close(): void;
}

/** @param build the file of onnxruntime-web that the page imports: "ort.wasm.min.mjs" */
export async function serveCheckout(build: string): Promise<CheckoutServer> {
  if (!existsSync(join(ROOT, "dist/web.js"))) throw new Error("dist/ is missing: run `npm run build` first");
  const imports = {
    "thalweg/web": "/dist/web.js",
    "onnxruntime-web": `${ORT}/${build}`,
    zod: "/node_modules/zod/index.js",
    "onnx-buf": "/node_modules/onnx-buf/dist/onnx_pb.js",
    "@bufbuild/protobuf": "/node_modules/@bufbuild/protobuf/dist/esm/index.js",
    "@bufbuild/protobuf/codegenv2": "/node_modules/@bufbuild/protobuf/dist/esm/codegenv2/index.js",
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
