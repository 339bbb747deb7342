import { z } from "zod";
import { writeFileAtomically } from "../../io/write-atomically.ts";
import { INITIALIZATIONS } from "../../nets/initializations/registry.ts";
import { rehearseFile } from "../../load/rehearse-output.ts";
import { makeNet } from "../../nets/make-net.ts";
import { NETS } from "../../nets/registry.ts";
import { formatBytes } from "../../util/format-size.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { overwriteFlag } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { wrap } from "../layout.ts";
import type { Style } from "../terminal.ts";
import { defineVerb } from "../verb.ts";

const LISTS = {
  schema: "thalweg/nets@1",
  nets: NETS.map(({ name, form, summary, source, examples }) => ({
    name,
    form,
    summary,
    source,
    examples: [...examples],
  })),
  initializations: INITIALIZATIONS.map(({ name, summary, source }) => ({ name, summary, source })),
} as const;

export const nets = defineVerb({
  name: "nets",
  summary: "list the built-in networks, or write one as an ONNX file",
  description:
    "List the built-in networks. Their names stand wherever a model is expected; an initialisation is one more word, and the seed of the weights stands behind an @.",
  arguments: [{ name: "NET", description: "the network to write; without it all are listed", required: false }],
  parameters: z.object({
    out: z
      .string()
      .optional()
      .meta({ description: "where the network is written", placeholder: "FILE.onnx", short: "o", group: "Network" }),
    overwrite: overwriteFlag,
  }),
  examples: [
    ["thalweg nets", "list the networks"],
    ["thalweg nets mlp:64-32-10:tanh:orthogonal@3 -o mlp.onnx", "write one, its weights drawn with seed 3"],
  ],
  run: ({ out, overwrite }, [name], { style }) => {
    if (name === undefined && out === undefined)
      return { text: listing(style), document: { ...LISTS, written: null }, exitCode: EXIT.done };
    if (name === undefined || out === undefined) throw halfSaid(name);
    const bytes = makeNet(name);
    rehearseFile(out, { overwrites: overwrite });
    writeFileAtomically(out, bytes);
    return {
      text: `${name} was written to ${out}: ${formatBytes(bytes.length)}.\n`,
      document: { ...LISTS, written: { name, path: out, bytes: bytes.length } },
      exitCode: EXIT.done,
    };
  },
});

function halfSaid(name: string | undefined): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: name === undefined ? "missing-argument" : "missing-flag",
    message:
      name === undefined
        ? "It is not said which network is to be written."
        : `It is not said where ${name} is to be written.`,
    hint: "Write `thalweg nets NET -o FILE.onnx`; `thalweg nets` lists them.",
  });
}

function listing(style: Style): string {
  const entry = (title: string, text: string) => `${style.bold(title)}\n${indented(wrap(text, 76))}`;
  return `${[
    style.cyan("Networks"),
    ...NETS.map(({ form, summary, source, examples }) => entry(form, `${summary} (${source}). ${examples.join(", ")}`)),
    "",
    style.cyan("Initialisations"),
    ...INITIALIZATIONS.map(({ name, summary, source }) => entry(name, `${summary} (${source})`)),
  ].join("\n")}\n`;
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
