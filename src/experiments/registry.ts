import { profile } from "./profile.ts";
import { profileCheckpoints } from "./profile-checkpoints.ts";

/** Every experiment, in the order of the help. */
export const EXPERIMENTS = [profile, profileCheckpoints] as const;
