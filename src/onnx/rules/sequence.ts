import { normalizeAxis } from "../../graph/broadcast.ts";
import { concat, sliceAxis, stack } from "../../ops/movement.ts";
import { reshape } from "../../ops/structure.ts";
import { FLAG, INT, NO_EFFECT } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { Item, Sequence } from "../item.ts";
import type { OnnxRule } from "../rule.ts";

/** Parts of an axis: of given extents, of one extent (the last may be shorter), or single elements. */
function splitToSequence(node: NodeContext): Sequence {
  const x = node.input(0);
  const axis = normalizeAxis("SplitToSequence", node.int("axis", 0), x.shape.length);
  const extent = x.shape[axis] ?? 0;
  const given = node.has(1) ? node.constant(1, "sizes of the parts") : undefined;
  const size = given && given.shape.length === 0 ? given.data[0] : 1;
  if (!(size >= 1)) node.fail("bad-input", `splits into parts of ${size}`);
  node.checkCount(given && given.shape.length > 0 ? given.data.length : Math.ceil(extent / size));
  const parts =
    given && given.shape.length > 0
      ? Array.from(given.data)
      : Array.from({ length: Math.ceil(extent / size) }, (_, i) => Math.min(size, extent - i * size));
  if (parts.reduce((a, b) => a + b, 0) !== extent || parts.some((part) => part < 0)) {
    node.fail("shape-mismatch", `splits ${extent} elements into [${parts.join(", ")}]`);
  }
  const drops = !given && !node.flag("keepdims", true);
  let start = 0;
  const elements = parts.map((part) => {
    const value = sliceAxis(x, axis, start, start + part);
    start += part;
    return drops
      ? reshape(
          value,
          x.shape.filter((_, each) => each !== axis),
        )
      : value;
  });
  return { elements };
}

/** A position in a sequence, counted from the front; `last` is the largest, which for an insertion lies behind all elements. */
function positionIn(node: NodeContext, slot: number, length: number, last = length - 1): number {
  const given = node.number(slot, "position");
  const position = given < 0 ? given + length : given;
  if (!(position >= 0 && position <= last))
    node.fail("index-out-of-range", `takes element ${given} of a sequence of ${length}`);
  return position;
}

function at(node: NodeContext): Item {
  const { elements } = node.sequence(0);
  return elements[positionIn(node, 1, elements.length)];
}

function insert(node: NodeContext): Sequence {
  const { elements } = node.sequence(0);
  const position = node.has(2) ? positionIn(node, 2, elements.length, elements.length) : elements.length;
  return { elements: [...elements.slice(0, position), node.input(1), ...elements.slice(position)] };
}

function erase(node: NodeContext): Sequence {
  const { elements } = node.sequence(0);
  const position = node.has(1) ? positionIn(node, 1, elements.length) : elements.length - 1;
  return { elements: elements.filter((_, i) => i !== position) };
}

function join(node: NodeContext): Item {
  const { elements } = node.sequence(0);
  if (elements.length === 0) node.fail("bad-input", "joins an empty sequence");
  const fresh = node.flag("new_axis");
  const axis = normalizeAxis("ConcatFromSequence", node.int("axis", 0), elements[0].shape.length + (fresh ? 1 : 0));
  return fresh ? stack(elements, axis) : concat(elements, axis);
}

export const SEQUENCES: readonly OnnxRule[] = [
  {
    op: "SplitToSequence",
    attributes: { axis: INT, keepdims: FLAG },
    inputs: 2,
    slots: ["passes", "structural"],
    import: splitToSequence,
  },
  { op: "SequenceConstruct", inputs: Infinity, slots: ["passes"], import: (node) => ({ elements: node.all() }) },
  { op: "SequenceEmpty", attributes: { dtype: NO_EFFECT }, inputs: 0, import: () => ({ elements: [] }) },
  { op: "SequenceAt", inputs: 2, slots: ["passes", "structural"], import: at },
  { op: "SequenceInsert", inputs: 3, slots: ["passes", "passes", "structural"], import: insert },
  { op: "SequenceErase", inputs: 2, slots: ["passes", "structural"], import: erase },
  {
    op: "SequenceLength",
    inputs: 1,
    slots: ["structural"],
    import: (node) => node.graph.scalar(node.sequence(0).elements.length, "int64"),
  },
  {
    op: "ConcatFromSequence",
    attributes: { axis: INT, new_axis: FLAG },
    inputs: 1,
    slots: ["passes"],
    import: join,
  },
];
