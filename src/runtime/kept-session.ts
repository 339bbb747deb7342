import type { InferenceSession } from "onnxruntime-common";

type Session = Pick<InferenceSession, "release">;

/**
 * WebGPU compiles a shader once for all sessions and forgets it with the last of them; to compile those of a small network
 * takes seconds. So the session that is released last stays until there is another, or until the runtime is closed.
 */
export class KeptSession {
  private readonly open = new Set<Session>();
  private kept: Session | undefined;

  /** @returns how it is released */
  async add(session: Session): Promise<() => Promise<void>> {
    this.open.add(session);
    await this.close();
    return async () => {
      if (!this.open.delete(session)) return;
      if (this.open.size > 0) return session.release();
      this.kept = session;
    };
  }

  async close(): Promise<void> {
    const { kept } = this;
    this.kept = undefined;
    await kept?.release();
  }
}
