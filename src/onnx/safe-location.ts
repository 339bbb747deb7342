import { intakeError } from "./intake-error.ts";

/**
 * The location of external tensor data, checked: a relative path that stays in the model's folder.
 * Absolute paths, drive letters, `..` and NUL are refused. Forward slashes separate the parts.
 *
 * @example
 * safeLocation("weights/model.onnx.data"); // "weights/model.onnx.data"
 */
export function safeLocation(location: string): string {
  const parts = location.split(/[\\/]/);
  const leaves =
    location === "" ||
    location.includes("\0") ||
    parts[0] === "" ||
    /^[A-Za-z]:/.test(location) ||
    parts.includes("..") ||
    parts.every((part) => part === "" || part === ".");
  if (leaves) {
    throw intakeError(
      "unsafe-location",
      `The model asks for external data at ${JSON.stringify(location.slice(0, 200))}, which is not a file inside the model's folder.`,
      {},
      "Store the external data beside the model under a relative path.",
    );
  }
  return parts.filter((part) => part !== "" && part !== ".").join("/");
}
