/**
 * ONNX Runtime 1.30 for Node writes a device ID and an event database under the home folder and sends
 * them to a server, unless this variable is in the environment of the process when its first session is
 * made. What the user has set stays. Worker threads of ours find it in the environment of the process; a
 * worker thread of a caller's own has only a copy of it, and must be started with the variable set.
 */
export function disableTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
}
