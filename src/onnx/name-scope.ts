import type { GraphProto, NodeProto } from "onnx-buf";

/**
 * Names of values as ONNX scopes them: a nested graph or the body of a function sees what lies around
 * it, and what it defines is its own. Every value gets a name that no other value of the whole model
 * has, so that tables by name stay right: the name of the file where it is free, else a path to it.
 */
export class NameScope {
  private readonly taken: Set<string>;
  private readonly outer: NameScope | undefined;
  private readonly own = new Map<string, string>();
  /** In front of names that nothing defines: a body must not find those of the graph that calls it. */
  private readonly path: string;

  private constructor(taken: Set<string>, outer: NameScope | undefined, path: string) {
    this.taken = taken;
    this.outer = outer;
    this.path = path;
  }

  /** The scope of the main graph, whose names are kept. */
  static main(graph: GraphProto): NameScope {
    const scope = new NameScope(new Set(), undefined, "");
    for (const name of namesDefined(graph)) scope.define(name, name);
    return scope;
  }

  /** The scope of a nested graph; `path` tells its names from equal ones elsewhere. */
  nested(graph: GraphProto, path: string): NameScope {
    const scope = new NameScope(this.taken, this, this.path);
    for (const name of namesDefined(graph)) scope.claim(name, this.taken.has(name) ? `${path}/${name}` : name);
    return scope;
  }

  /** The scope of a function's body, which sees nothing but its formal inputs and outputs. */
  body(formal: ReadonlyMap<string, string>, nodes: readonly NodeProto[], path: string): NameScope {
    const scope = new NameScope(this.taken, undefined, path);
    for (const [name, actual] of formal) scope.define(name, actual);
    for (const name of nodes.flatMap(({ output }) => output)) scope.claim(name, `${path}${name}`);
    return scope;
  }

  /** The name under which the rest of the product knows a value; "" stays the input that is left out. */
  rename(name: string): string {
    return this.find(name) ?? `${this.path}${name}`;
  }

  /** A name that nothing else has. */
  private fresh(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.taken.has(name); count++) name = `${wanted}_${count}`;
    this.taken.add(name);
    return name;
  }

  private find(name: string): string | undefined {
    return name === "" ? "" : (this.own.get(name) ?? this.outer?.find(name));
  }

  private define(name: string, actual: string): void {
    this.own.set(name, actual);
    this.taken.add(actual);
  }

  private claim(name: string, wanted: string): void {
    if (name !== "" && !this.own.has(name)) this.own.set(name, this.fresh(wanted));
  }
}

function namesDefined(graph: GraphProto): string[] {
  return [...graph.input, ...graph.initializer]
    .map(({ name }) => name)
    .concat(graph.node.flatMap(({ output }) => output))
    .filter((name) => name !== "");
}
