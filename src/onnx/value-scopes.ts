import type { Item } from "./item.ts";
import type { OnnxNode } from "./onnx-node.ts";

/** Values by name; nested graphs see those around them. */
interface Scope {
  readonly values: Map<string, Item>;
  readonly parent: Scope | undefined;
}

/** What the nodes of a model have made so far, by name, in the graph that is being imported and those around it. */
export class ValueScopes {
  private scope: Scope = { values: new Map(), parent: undefined };
  /** Outputs that a rule does not provide; an error only where something reads them. */
  private readonly absent = new Map<string, OnnxNode>();

  /** Whether the graph that is being imported is one within another. */
  get isNested(): boolean {
    return this.scope.parent !== undefined;
  }

  set(name: string, item: Item): void {
    this.scope.values.set(name, item);
  }

  /** The outputs of a node; those that its rule leaves out are known as such. */
  bind(node: OnnxNode, outputs: readonly (Item | undefined)[]): void {
    node.outputs.forEach((name, i) => {
      if (name === "") return;
      const item = outputs[i];
      if (item) this.set(name, item);
      else this.absent.set(name, node);
    });
  }

  find(name: string): Item | undefined {
    for (let scope: Scope | undefined = this.scope; scope; scope = scope.parent) {
      const item = scope.values.get(name);
      if (item) return item;
    }
    return undefined;
  }

  /** The node that should have provided a value, and did not. */
  sourceOfAbsent(name: string): OnnxNode | undefined {
    return this.absent.get(name);
  }

  /** What happens in a graph within this one, whose inputs these are. */
  within<T>(inputs: Iterable<readonly [string, Item]>, run: () => T): T {
    const outer = this.scope;
    this.scope = { values: new Map(inputs), parent: outer };
    try {
      return run();
    } finally {
      this.scope = outer;
    }
  }
}
