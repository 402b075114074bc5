/** Arithmetic for some milliseconds: how many rounds of it got done. Four chains keep a core's units busy. */
export function pace(milliseconds: number): number {
  const end = performance.now() + milliseconds;
  let rounds = 0;
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  do {
    for (let i = 0; i < 1000; i++) {
      a = (Math.imul(a, 1664525) + i) | 0;
      b = (Math.imul(b, 22695477) + i) | 0;
      c = (Math.imul(c, 1103515245) + i) | 0;
      d = (Math.imul(d, 69069) + i) | 0;
    }
    rounds++;
  } while (performance.now() < end);
  // The sums are used, so that no compiler leaves them out.
  return (a ^ b ^ c ^ d) === 0x5eed ? rounds + 1 : rounds;
}
