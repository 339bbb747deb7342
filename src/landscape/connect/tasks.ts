import { z } from "zod";
import { eigenvalue } from "../../result/estimates.ts";
import { real } from "../../result/real.ts";
import type { ProblemSubject, Request } from "../../runs/subject.ts";
import { defineTask, type TaskDesk } from "../../runs/task.ts";
import { isNotFinite, ThalwegError } from "../../util/thalweg-error.ts";
import { Terrain } from "../terrain.ts";
import { vectorText } from "../vector-text.ts";
import {
  connectOptions,
  type ConnectOptions,
  freedomsOf,
  kindOf,
  shareOf,
  TRIED_FREEDOMS,
  type TriedFreedom,
} from "./connect-options.ts";
import { outputDifference } from "./describe-connection.ts";
import { type Ends, findAlignment } from "./find-alignment.ts";
import { highestPoint } from "./highest-point.ts";
import { measurePeak, measurePlaces } from "./profile-curve.ts";
import { foundAlignment, type Tried, triedWith } from "./tried.ts";
import { taken, type Way, WAYS, type WayKey, waysOf } from "./ways.ts";

const opens = (request: Request): Request => request;

/** The ground between the two networks of a run, while work is done on it. */
export async function between<T>(
  { problem, weightsOf }: ProblemSubject,
  { other }: Pick<ConnectOptions, "other">,
  work: (terrain: Terrain, ends: Ends) => Promise<T>,
): Promise<T> {
  const terrain = Terrain.open(problem);
  try {
    const { theta, model } = weightsOf(other);
    return await work(terrain, {
      mine: terrain.lift(problem.point.parameters, problem.model),
      theirs: terrain.lift(theta, model),
    });
  } finally {
    await terrain.close();
  }
}

/** Units of the other network brought into the order of the first, through maps of one group. */
export const alignTask = defineTask({
  name: "alignment",
  subject: "problem",
  share: shareOf("alignment"),
  input: z.object({ within: z.enum(TRIED_FREEDOMS) }),
  result: foundAlignment,
  label: ({ within }) => (within === "permutation" ? "matching units, exchanges" : "matching units, all maps"),
  opens,
  measure(subject, { within }, given, { common, context }) {
    const options = connectOptions.parse(given);
    return between(subject, options, async (terrain, ends) => {
      const { starts, matchSteps: steps } = options;
      const found = await findAlignment(terrain, ends, { within, starts, steps }, common.split(within), context);
      if (found === undefined) return null;
      const [{ theta }] = found.attempts;
      return {
        attempts: found.attempts.map(({ by, start, agreement, steps: taken, distance, middle }) => ({
          by,
          start,
          agreement,
          steps: taken,
          distance,
          middle,
        })),
        classes: found.classes.map(({ extent, freedom, places = null, tensors }) => ({
          extent,
          freedom,
          places,
          tensors: [...tensors],
        })),
        theta,
        difference: await outputDifference(terrain, ends.theirs, theta, context),
        isWhole: found.isWhole,
        notes: [...found.notes],
      };
    });
  },
});

/** What alignments that were done found. */
function triedIn(desk: TaskDesk, freedoms: readonly TriedFreedom[]): Tried {
  return triedWith((within) => (freedoms.includes(within) ? desk.found(alignTask, { within }) : undefined));
}

/** The way that is looked for. */
export const wayTask = defineTask({
  name: "way",
  subject: "problem",
  share: shareOf("way"),
  input: z.object({}),
  result: z.object({ points: z.array(vectorText), isWhole: z.boolean() }),
  label: () => "the way",
  opens,
  measure(subject, _input, given, desk) {
    const options = connectOptions.parse(given);
    const { common, context } = desk;
    const { l2, precision } = subject.problem.options;
    return between(subject, options, async (terrain, { mine, theirs }) => {
      const target = taken(triedIn(desk, freedomsOf(options, l2)), precision)?.theta ?? theirs;
      const kind = kindOf(options);
      const stream = common.split(kind.name);
      const ground = terrain.ground(stream.split("examples"), context);
      const { points, isWhole } = await kind.find(ground, [mine, target], options, stream, context);
      return { points: [...points], isWhole };
    });
  },
});

/** Works on a way whose ends and bends were found before. */
function along<T>(
  subject: ProblemSubject,
  key: WayKey,
  options: ConnectOptions,
  desk: TaskDesk,
  work: (terrain: Terrain, way: Way) => Promise<T>,
): Promise<T> {
  const { l2, precision } = subject.problem.options;
  return between(subject, options, (terrain, ends) => {
    const tried = triedIn(desk, freedomsOf(options, l2));
    const bends = kindOf(options).isSearched ? desk.found(wayTask, {}).points : undefined;
    const way = waysOf(ends, tried, precision, options, bends).find((each) => each.key === key);
    if (way) return work(terrain, way);
    throw new ThalwegError({
      kind: "internal",
      code: "no-such-way",
      message: `The losses of the way ${key} are asked for, which is not one of this run.`,
    });
  });
}

const losses = z.object({ loss: real, accuracy: real.nullable() });

const places = z.object({
  places: z.array(z.object({ t: z.number(), train: losses, test: losses.nullable() })),
  isWhole: z.boolean(),
});

/** Loss and accuracy at some places of a way. */
export const placesTask = defineTask({
  name: "places",
  subject: "problem",
  share: shareOf("points"),
  input: z.object({ way: z.enum(WAYS), t: z.array(z.number()).min(1) }),
  result: places,
  label: ({ way, t }) => `${t.length} points, ${way} way`,
  opens,
  measure: (subject, { way, t }, given, desk) =>
    along(subject, way, connectOptions.parse(given), desk, async (terrain, { curve, name }) =>
      copied(await measurePlaces(terrain, curve, t, desk.context, name)),
    ),
});

/** Loss and accuracy around the highest place of a way that was seen. */
export const peakTask = defineTask({
  name: "peak",
  subject: "problem",
  share: shareOf("peaks"),
  input: z.object({ way: z.enum(WAYS), seen: z.array(z.object({ t: z.number(), loss: real })) }),
  result: places,
  label: ({ way }) => `the highest point, ${way} way`,
  opens,
  measure: (subject, { way, seen }, given, desk) =>
    along(subject, way, connectOptions.parse(given), desk, async (terrain, { curve, name }) =>
      copied(await measurePeak(terrain, curve, seen, desk.context, name)),
    ),
});

function copied({ places: found, isWhole }: Awaited<ReturnType<typeof measurePlaces>>): z.output<typeof places> {
  return { places: [...found], isWhole };
}

/** What rounding may have done to the losses of a way, and slope and curvature at its highest point. */
export const topTask = defineTask({
  name: "top",
  subject: "problem",
  share: shareOf("top"),
  input: z.object({ way: z.enum(WAYS), t: z.number().describe("Where it is highest."), height: real }),
  result: z.object({
    rounding: real,
    highest: z.object({ gradientNorm: real, negative: z.array(eigenvalue), isWhole: z.boolean() }).nullable(),
    /** Why slope and curvature are not known, where they should be. */
    failure: z.string().nullable(),
  }),
  label: () => "rounding, and slope and curvature at the highest point",
  opens,
  measure(subject, { way, t, height }, given, desk) {
    const { common, context } = desk;
    return along(subject, way, connectOptions.parse(given), desk, async (terrain, { curve }) => {
      let rounding = 0;
      for (const at of [0, t, 1])
        rounding = Math.max(rounding, 3 * (await terrain.rounding(curve.at(at), common.split("rounding"), context)));
      // Where statistics are taken anew, derivatives that hold them are those of another function.
      const hasSlope = !terrain.estimates && height > rounding && Number.isFinite(height);
      if (!hasSlope) return { rounding, highest: null, failure: null };
      try {
        const highest = await highestPoint(terrain, curve.at(t), common.split("highest"), context);
        return { rounding, highest, failure: null };
      } catch (error) {
        if (isNotFinite(error)) return { rounding, highest: null, failure: error.message };
        throw error;
      }
    });
  },
});
