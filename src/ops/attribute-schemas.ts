import { z } from "zod";

/* The parts that schemas of attributes are made of. Axes are counted from the front: functions normalise them. */

/** The schema of operations without attributes. */
export const NO_ATTRIBUTES = z.strictObject({});

export const axisSchema = z.int().nonnegative();

export const axesSchema = z.array(axisSchema).readonly();

/** A shape, or extents along some axes. */
export const shapeSchema = z.array(z.int().nonnegative()).readonly();

/** Numbers of elements that may count backwards: padding that cuts, steps that walk back. */
export const integersSchema = z.array(z.int()).readonly();

/** Numbers of elements of which there is at least one: strides, kernels. */
export const positiveSchema = z.array(z.int().positive()).readonly();

export const dtypeSchema = z.enum(["float32", "float64", "int64", "bool"]);
