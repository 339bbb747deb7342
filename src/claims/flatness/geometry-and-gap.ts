import { z } from "zod";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { formatEstimate } from "../../util/format-number.ts";
import { kendallTau } from "./kendall-tau.ts";
import { trainedNetworks } from "./trained-networks.ts";

/** Of each teacher. */
const NETWORKS = 40;
/** Times that each network is rescaled. */
const FACTORS = 4;

const number = z.number();
const measures = z.object({ trace: number, largest: number, path: number });
const network = measures.extend({ gap: number, norm: number, bound: number, rescaled: z.array(measures) });
type Network = z.output<typeof network>;

export const geometryAndGap = defineClaim({
  id: "F9",
  topic: "flatness",
  statement:
    "The geometry of a minimum, its λmax or tr H, predicts how a network does on new data better than classical measures of complexity do.",
  says: "rival",
  law: "as trained, Kendall's τ of λmax and of tr H with the gap is below that of the path norm; random factors between layers, which leave every function and gap as they are, take it to 0, and that of the path norm stays",
  rival: "τ of λmax, and of tr H, is that of the path norm or more",
  source:
    "Jiang, Neyshabur, Mobahi, Krishnan & Bengio 2020 for the comparison by τ; Neyshabur, Tomioka & Srebro 2015 for the path norm; Dinh, Pascanu, S. Bengio & Y. Bengio 2017 for the factors",
  why: "Among networks that were trained alike, those that fitted wrong labels or trained for long are sharper, and do worse on new data.",
  means:
    "Before λmax or tr H ranks your models, see that nothing rescales their units, normalisation and decay included; a measure that knows only the function needs no such care.",
  breaks:
    "Which measure ranks best hangs on what was varied, as the widths, labels and steps here: τ of one set of networks is no law of another, and where nothing but the sharpness differs a trace may well rank best.",
  reading: ["Jiang, Neyshabur, Mobahi, Krishnan & Bengio, ICLR (2020)", "Neyshabur, Tomioka & Srebro, COLT (2015)"],
  notOnNetworks: "ranks many networks by their gaps on new examples, and one network has no rank",
  parameters: z.object({ teachers: scaled(10, 1, `teachers, ${NETWORKS} networks of each`) }),
  parts: ({ teachers }) => teachers,
  found: z.array(network),
  measure: (_options, _part, { random }) => trainedNetworks(NETWORKS, FACTORS, random),
  conclude(all) {
    const meanTau = (of: (network: Network) => number) => {
      const each = all.map((networks) =>
        kendallTau(
          networks.map(of),
          networks.map(({ gap }) => gap),
        ),
      );
      return {
        value: each.reduce((sum, { value }) => sum + value, 0) / each.length,
        standardError: each[0].standardError / Math.sqrt(each.length),
      };
    };
    const rescaled = (of: (found: z.output<typeof measures>) => number) => {
      const each = Array.from({ length: FACTORS }, (_, i) => meanTau((network) => of(network.rescaled[i])));
      return {
        value: each.reduce((sum, { value }) => sum + value, 0) / FACTORS,
        standardError: each[0].standardError / Math.sqrt(FACTORS),
      };
    };
    const path = meanTau((each) => each.path);
    const trained = [
      ["tr H", meanTau(({ trace }) => trace)],
      ["λmax", meanTau(({ largest }) => largest)],
    ] as const;
    /** That no law is put to. */
    const told = [
      ...trained,
      ["the path norm", path],
      ["‖w‖", meanTau(({ norm }) => norm)],
      ["√(tr H)‖w − w₀‖, of PAC-Bayes,", meanTau(({ bound }) => bound)],
    ] as const;
    const scaledAway = [
      ["tr H", rescaled(({ trace }) => trace)],
      ["λmax", rescaled(({ largest }) => largest)],
    ] as const;
    const kept = rescaled((each) => each.path);
    const sets = `${NETWORKS} networks${all.length > 1 ? `, mean over ${all.length} teachers` : ""}`;
    return {
      evidence: [
        ...scaledAway.map(([name, { value, standardError }]) =>
          weigh({
            name: `τ of ${name} with the gap, factors between layers, ${sets}`,
            measured: value,
            standardError,
            law: equals(0),
            rival: atLeast(path.value),
            allowed: 3 * standardError,
          }),
        ),
        weigh({
          name: `τ of the path norm with the gap, factors between layers, less that without, ${sets}`,
          measured: kept.value - path.value,
          law: equals(0),
          rival: equals(-path.value),
          allowed: 1e-9,
        }),
        ...trained.map(([name, { value, standardError }]) =>
          weigh({
            name: `τ of ${name} with the gap less that of the path norm, as trained, ${sets}`,
            measured: value - path.value,
            standardError: Math.SQRT2 * standardError,
            law: atMost(0),
            rival: atLeast(0),
          }),
        ),
      ],
      picture: {
        title: "The gap against the trace",
        description: `Loss on new examples less that on the network's own, against tr H, as trained and with random factors between layers. Kendall's τ with the gap as trained, ${sets}: ${told.map(([name, { value, standardError }]) => `${name} ${formatEstimate(value, standardError)}`).join("; ")}.`,
        x: { title: "tr H", scale: "log" },
        y: { title: "gap" },
        law: [],
        rival: [],
        measured: [
          { name: "as trained", x: all[0].map(({ trace }) => trace), y: all[0].map(({ gap }) => gap) },
          {
            name: "with factors",
            x: all[0].map((each) => each.rescaled[0].trace),
            y: all[0].map(({ gap }) => gap),
          },
        ],
      },
    };
  },
});
