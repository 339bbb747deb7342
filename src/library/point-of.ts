import { z } from "zod";
import { Point } from "../problem/point.ts";
import { Problem } from "../problem/problem.ts";
import { requireArgument } from "../util/require-argument.ts";

const placeArgument = z.custom<Problem | Point>((given) => given instanceof Problem || given instanceof Point, {
  error: "it must be a problem, or a point of one",
});

/** A problem stands for its weights. @throws usage error `bad-argument` */
export function pointOf(caller: string, place: Problem | Point): Point {
  requireArgument("place", caller, placeArgument, place);
  return place instanceof Problem ? place.point : place;
}
