import { hostname } from "node:os";
import { z } from "zod";
import { EXPERIMENTS } from "../../experiments/registry.ts";
import { buildId } from "../../io/build-id.ts";
import { openRunFolder, type RunFolder } from "../../io/run-folder.ts";
import { workFromQueue } from "../../jobs/queue.ts";
import { work, type WorkOptions } from "../../jobs/work.ts";
import { KeptEngines } from "../../load/kept-engines.ts";
import { performTask } from "../../runs/execute.ts";
import { chosen } from "../../util/chosen.ts";
import { given } from "../arguments.ts";
import { durationOf, milliseconds } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { formatCounted } from "../../util/format-size.ts";
import { silentOpeners } from "../open-subjects.ts";
import { requireInputsHere, requireSameBuild } from "../resumption.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { defineVerb } from "../verb.ts";

/** How often a worker tells the others how far it is, in milliseconds. */
const TOLD_MS = 1000;

export const workVerb = defineVerb({
  name: "work",
  summary: "do tasks of a run that others have begun, on this or any machine that shares its folder",
  description:
    "Do tasks of a run until all are done. Start as many as you like, on all machines that share the folder: each claims a task by a lease and shows that it lives; what a worker that dies leaves is taken over. Call it where the run was begun, so that its paths lead to the same files.",
  arguments: [
    { name: "RUN", description: "the folder of a run that was begun with --executor folder", required: true },
  ],
  parameters: z.object({
    lease: durationOf("30s").meta({
      description: "a worker without a sign of life for so long is believed dead",
      placeholder: "TIME",
      group: "Work",
    }),
    queue: z.string().optional().meta({
      description: "take what a queue hands out, instead of looking into the folder (redis://HOST:PORT)",
      placeholder: "URL",
      group: "Work",
    }),
    name: z.string().optional().meta({
      description: "of this worker, unique among all (default: host and process)",
      placeholder: "NAME",
      group: "Work",
    }),
  }),
  examples: [
    ["thalweg work runs/training", "in as many terminals, jobs or machines as there are"],
    ["thalweg work runs/training --lease 5m", "where machines are often held up"],
  ],
  run: async ({ lease, name, queue }, [path], shell) => {
    const folder = openRunFolder(given(path, "RUN"));
    const { recipe } = folder.run;
    const { tasks } = chosen("experiment", recipe.experiment, EXPERIMENTS);
    if (tasks.length === 0) throw noTasks(folder);
    requireSameBuild(folder, buildId());
    requireInputsHere(folder);
    let told = 0;
    const isDue = () => shell.elapsed() - told >= TOLD_MS && ((told = shell.elapsed()), true);
    const worker = name ?? `${hostname()}-${process.pid}-${process.hrtime.bigint()}`;
    await using engines = new KeptEngines();
    const options: WorkOptions = {
      folder,
      worker,
      leaseLasts: milliseconds(lease),
      context: shell.context(),
      onNothingListed: () =>
        shell.note(
          `${folder.path} has no list of tasks yet. If the run in it was ended, --resume ${folder.path} continues it.`,
        ),
      perform: async (task) => {
        shell.note(`${task.label} …`);
        await performTask(
          chosen("kind of task", task.kind, tasks),
          recipe,
          task,
          { store: folder, among: folder.listed().length },
          {
            openers: silentOpeners(shell, engines),
            listener: (event) => {
              shell.listener(event);
              if (event.type !== "progress" || isDue()) folder.record(event, worker);
            },
            context: (budget) => shell.context(budget ?? undefined),
          },
        );
      },
    };
    const count = await (queue === undefined ? work(options) : workFromQueue(queue, options));
    return {
      text: `All tasks are done, ${formatCounted(count, "task")} of them here.\n`,
      document: { schema: "thalweg/work@1", path: folder.path, done: count },
      exitCode: EXIT.done,
    };
  },
});

function noTasks({ path, run }: RunFolder): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "no-tasks",
    message: `The run in ${path} is not made of tasks that others could do: it is a ${run.recipe.experiment} that one process measures.`,
    where: { file: path },
    hint: "A profile of several checkpoints (--weights 'step-*.safetensors') has one task for each.",
  });
}
