/** A positional argument. */
export interface Argument {
  /** As help shows it: MODEL. */
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** The last one: as many as are given. */
  readonly variadic?: boolean;
  /** What may be given, where that is a list: looked at before the flags. */
  readonly choices?: readonly { readonly name: string }[];
  /** The parameter that it is the value of; absent where it leads to the subject. */
  readonly option?: string;
}

/** The network that is needed. */
export const MODEL: Argument = {
  name: "MODEL",
  description: "the network: an ONNX file, or a built-in one (`thalweg nets`)",
  required: true,
};

/** The network; left out, a small one that comes with us is measured. */
export const OPTIONAL_MODEL: Argument = { ...MODEL, required: false };
