export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Slope of log y against log x by least squares: the exponent of a power law. */
export function exponent(xs, ys) {
  const u = xs.map(Math.log);
  const v = ys.map(Math.log);
  const mean = (a) => a.reduce((s, x) => s + x, 0) / a.length;
  const [mu, mv] = [mean(u), mean(v)];
  const top = u.reduce((s, x, i) => s + (x - mu) * (v[i] - mv), 0);
  return top / u.reduce((s, x) => s + (x - mu) ** 2, 0);
}
