/** A reflection I − uuᵀ/h with h = ½‖u‖², and what it leaves of a vector; h is 0 where nothing is to be done. */
interface Reflection {
  readonly h: number;
  readonly coupling: number;
}

/** u and h of the reflection that leaves of the first n elements of x the last one only, which it becomes (Householder 1958; scaled, as EISPACK does). */
export function keptLast(x: Float64Array, u: Float64Array, n: number): Reflection {
  return reflection(x, u, n, n - 1);
}

/** The same for the first element. */
export function keptFirst(x: Float64Array, u: Float64Array, n: number): Reflection {
  return reflection(x, u, n, 0);
}

function reflection(x: Float64Array, u: Float64Array, n: number, kept: number): Reflection {
  let scale = 0;
  for (let k = 0; k < n; k++) if (k !== kept) scale += Math.abs(x[k]);
  if (scale === 0) return { h: 0, coupling: x[kept] };
  scale += Math.abs(x[kept]);
  let h = 0;
  for (let k = 0; k < n; k++) {
    const y = x[k] / scale;
    u[k] = y;
    h += y * y;
  }
  const f = u[kept];
  const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  u[kept] = f - g;
  return { h: h - f * g, coupling: scale * g };
}
