/** Numbers as people read them. */

/** Megabytes of a million bytes, as download sizes are given. */
export function megabytes(bytes: number): string {
  return `${integer(bytes / 1e6)} MB`;
}

/** With commas between thousands. Not by Intl: the browser reads its tables of languages for the first of those, 20 ms. */
export function integer(n: number): string {
  return n.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A rate: two figures suffice. */
export function rate(n: number): string {
  return n < 10 ? n.toFixed(1) : integer(n);
}

/** A time that was estimated, or need not be told better: no more figures than it can carry. */
export function about(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90) return `${Math.round(seconds / 5) * 5} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  const minutes = Math.round(seconds / 600) * 10;
  return [`${Math.floor(minutes / 60)} h`, ...(minutes % 60 > 0 ? [`${minutes % 60} min`] : [])].join(' ');
}

/** A share of one, such as an AUC: ".993". It rounds half up, as the engine's sentences do. */
export function share(n: number, digits = 2): string {
  const fixed = (rounded(n * 10 ** digits) / 10 ** digits).toFixed(digits);
  return fixed.startsWith('0.') ? fixed.slice(1) : fixed;
}

/** How many of a hundred a share is. */
export function inHundred(n: number): number {
  return rounded(100 * n);
}

/** Half up: .145 is no less than .14500, whatever is the nearest binary number. */
function rounded(n: number): number {
  return Math.floor(n + 0.5 + 1e-9);
}

export function percent(n: number): string {
  return `${Math.round(n * 100)} %`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${integer(n)} ${n === 1 ? one : many}`;
}
