import { IMAGE_FORMATS } from "../files/image.ts";
import { ARRAY_FORMATS } from "./array-formats.ts";
import { BUILT_IN_SETS } from "./built-in-sets.ts";

/** What data may be, as half a sentence: files, folders, and the sets that come with the package. */
export const KNOWN_DATA = `${ARRAY_FORMATS.join(", ")} (x and y, or a column for each), a folder of IDX files, a folder of ${IMAGE_FORMATS.join(" or ")} by class, or ${BUILT_IN_SETS.map(({ name }) => name).join(", ")}`;
