import { requireUnique } from "../util/require-unique.ts";
import { apply } from "./apply.ts";
import { bench } from "./bench.ts";
import { check } from "./check.ts";
import { connect } from "../landscape/connect.ts";
import { atlas } from "../claims/atlas.ts";
import { claim } from "../claims/claim.ts";
import { claims } from "../claims/claims.ts";
import { compare } from "./compare.ts";
import { exportExperiment } from "./export.ts";
import { inspect } from "./inspect.ts";
import { critical } from "../dynamics/critical.ts";
import { race } from "../dynamics/race.ts";
import { lr } from "../dynamics/lr.ts";
import { line } from "../landscape/line.ts";
import { surface } from "../landscape/surface.ts";
import { llc } from "../dynamics/llc.ts";
import { train } from "../dynamics/train.ts";
import { trajectory } from "../landscape/trajectory.ts";
import { profile } from "./profile.ts";
import { profileCheckpoints } from "./profile-checkpoints.ts";
import { sensitivity } from "../landscape/sensitivity.ts";
import { topology } from "../landscape/topology.ts";
import { topologyOfRuns } from "../landscape/topology-of-runs.ts";

/** Every experiment, in the order of the help. */
export const EXPERIMENTS = [
  profile,
  profileCheckpoints,
  line,
  surface,
  topologyOfRuns,
  topology,
  sensitivity,
  connect,
  trajectory,
  race,
  train,
  critical,
  lr,
  llc,
  claims,
  claim,
  atlas,
  compare,
  inspect,
  check,
  apply,
  exportExperiment,
  bench,
] as const;

requireUnique(EXPERIMENTS, ({ name }) => name, "experiments");
