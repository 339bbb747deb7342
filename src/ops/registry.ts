import { requireUnique } from "../util/require-unique.ts";
import type { OpSummary } from "./define-op.ts";
import { Add, Div, Mul, Neg, Reciprocal, Sub } from "./arithmetic.ts";
import { BitwiseAnd } from "./bitwise.ts";
import { BlockedConv } from "./blocked-conv.ts";
import { FromBlocked, ToBlocked } from "./blocked-layout.ts";
import { BlockedAveragePool, BlockedMaxPool, BlockedUpsample, WinnerMask } from "./blocked-pool.ts";
import { Conv, ConvInput, ConvWeight } from "./conv.ts";
import { Gather, GatherElements, ScatterAdd, ScatterElementsAdd } from "./gather.ts";
import { ScatterElementsLargest } from "./scatter-largest.ts";
import { And, Cast, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Mod, Not, Or, Where, Xor } from "./logic.ts";
import { Gemm } from "./gemm.ts";
import { NegativeLogLikelihood, OtherProbabilities } from "./negative-log-likelihood.ts";
import { MatMul } from "./matmul.ts";
import { Concat, Pad, Slice } from "./movement.ts";
import { Larger } from "./masked-softmax.ts";
import { MaxPool, MaxPoolIndices, MaxPoolPick, MaxPoolPlace } from "./pool.ts";
import { Norm } from "./norm.ts";
import { PlainConv } from "./plain-conv.ts";
import { Pow } from "./pow.ts";
import { ArgMax, CumSum, LogSoftmax, ReduceMax, Softmax } from "./reduction.ts";
import { PermuteRows, RowOrder } from "./row-order.ts";
import { InverseDeviation, Standardize } from "./standardize.ts";
import { Expand, ReduceSum, Reshape, Transpose } from "./structure.ts";
import {
  Abs,
  Anchor,
  Atan,
  Ceil,
  Cos,
  Detach,
  Frozen,
  Erf,
  Exp,
  Floor,
  Log,
  Relu,
  Round,
  Sigmoid,
  Sign,
  Sin,
  Softplus,
  Sqrt,
  Tanh,
} from "./unary.ts";

/** The closed set of primitives: derivatives of these are written in these. */
export const OPS: readonly OpSummary[] = [
  Add,
  Sub,
  Mul,
  Div,
  Neg,
  Reciprocal,
  Pow,
  Exp,
  Log,
  Tanh,
  Sigmoid,
  Sqrt,
  Norm,
  Sin,
  Cos,
  Softplus,
  Erf,
  Atan,
  Relu,
  Abs,
  Sign,
  Floor,
  Ceil,
  Round,
  Detach,
  Frozen,
  Anchor,
  Greater,
  GreaterOrEqual,
  Less,
  LessOrEqual,
  Equal,
  And,
  Or,
  Xor,
  Not,
  Mod,
  BitwiseAnd,
  Where,
  Cast,
  Reshape,
  Transpose,
  Expand,
  Slice,
  Pad,
  Concat,
  ReduceSum,
  ReduceMax,
  ArgMax,
  CumSum,
  Standardize,
  InverseDeviation,
  Softmax,
  LogSoftmax,
  NegativeLogLikelihood,
  OtherProbabilities,
  Gather,
  ScatterAdd,
  GatherElements,
  ScatterElementsAdd,
  ScatterElementsLargest,
  MatMul,
  Conv,
  ConvInput,
  ConvWeight,
  MaxPool,
  MaxPoolIndices,
  MaxPoolPick,
  MaxPoolPlace,
];

/** What lowerings and fusions write, after all derivatives, for kernels of the runtime. */
export const KERNELS: readonly OpSummary[] = [
  Gemm,
  Larger,
  PlainConv,
  BlockedConv,
  ToBlocked,
  FromBlocked,
  BlockedMaxPool,
  BlockedAveragePool,
  BlockedUpsample,
  WinnerMask,
  RowOrder,
  PermuteRows,
];

requireUnique([...OPS, ...KERNELS], ({ name }) => name, "primitives");
