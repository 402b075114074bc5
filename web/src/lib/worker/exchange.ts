/**
 * What the members of a team exchange: each is a Go program with memory of its own in a worker of its own, and all
 * have one SharedArrayBuffer in common. The programs call the functions of `imports`; engine/team states what they
 * mean (Link).
 *
 * What is exchanged stands in two areas by turns. A member may still read one while another writes the other, and
 * nobody comes to write the first again before all have been at the barrier between: one barrier an exchange is enough.
 */

/** Bytes of an area: the logits of a vocabulary of a million tokens. Pages that nobody touches take no memory. */
const AREA_BYTES = 4 << 20;

// The words of the control block.
const ARRIVALS = 0; // at barriers, by all members, since the start
const SLEEPERS = 1;
const BROKEN = 2; // a member is gone
const LENGTH = 4; // of the message being sent, one for each area
const PARTS = 16; // for each area and member: the bytes that it wrote, [lo, hi)
const CONTROL_BYTES = 4096;

/** More are of no use to matrices of this size, and their parts have to fit the control block. */
export const MOST_MEMBERS = 16;

/**
 * How often a member looks before it sleeps: up to a millisecond while looking finds what it waits for, since the cores
 * of a machine with other guests differ by that within a matrix; hardly at all where it does not, since whoever is
 * waited for may need this very core. Now and then it is given another chance.
 */
const LOOKS = { least: 500, chance: 20_000, most: 320_000, waits: 256 };
/** A member that is waited for longer than this many seconds without a sign of life is gone. */
const PATIENCE_S = 20;

export function makeBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + 2 * AREA_BYTES);
}

/** Wakes whoever waits for a member that is no more: they end with an error. */
export function breakOff(buffer: SharedArrayBuffer): void {
  const control = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
  Atomics.store(control, BROKEN, 1);
  Atomics.notify(control, ARRIVALS);
}

/** One member's side. */
export class Exchange {
  private readonly control: Int32Array;
  private readonly areas: readonly [Uint8Array, Uint8Array];
  private arrivals = 0; // that the barrier at hand needs
  private turn = 0;
  private total = 0; // of the message being received
  private looks = LOOKS.chance;
  private waits = 0;
  private memory = new Uint8Array();

  constructor(
    readonly buffer: SharedArrayBuffer | null,
    readonly rank: number,
    readonly size: number,
    /** The program's memory, whose buffer is replaced when it grows. */
    private readonly memoryOf: () => ArrayBuffer,
    /** A member is gone: told once, before the program is ended by an error. */
    private readonly broken: () => void,
  ) {
    const shared = buffer ?? new ArrayBuffer(CONTROL_BYTES);
    this.control = new Int32Array(shared, 0, CONTROL_BYTES / 4);
    const area = (i: number): Uint8Array =>
      buffer ? new Uint8Array(buffer, CONTROL_BYTES + i * AREA_BYTES, AREA_BYTES) : new Uint8Array();
    this.areas = [area(0), area(1)];
  }

  gather(at: number, stride: number, rows: number, lo: number, hi: number): void {
    if (this.size === 1 || rows === 0) return;
    if (stride <= AREA_BYTES) {
      const most = Math.floor(AREA_BYTES / stride);
      for (let first = 0; first < rows; first += most)
        this.exchange(at + first * stride, stride, Math.min(most, rows - first), lo, hi);
      return;
    }
    for (let row = 0; row < rows; row++)
      for (let from = 0; from < stride; from += AREA_BYTES) {
        const inPiece = (x: number): number => Math.min(Math.max(x - from, 0), AREA_BYTES);
        this.exchange(at + row * stride + from, AREA_BYTES, 1, inPiece(lo), inPiece(hi));
      }
  }

  send(at: number, length: number): void {
    if (this.size === 1) return;
    for (let from = 0; from < length; from += AREA_BYTES) {
      const area = this.next();
      this.control[LENGTH + this.turn] = length;
      area.set(this.view().subarray(at + from, at + Math.min(from + AREA_BYTES, length)));
      this.barrier();
    }
  }

  /** Waits for a message and returns its length; `take` copies it. */
  receive(): number {
    this.turn ^= 1;
    this.barrier();
    this.total = this.control[LENGTH + this.turn] ?? 0;
    return this.total;
  }

  take(at: number): void {
    for (let from = 0; from < this.total; from += AREA_BYTES) {
      if (from > 0) {
        this.turn ^= 1;
        this.barrier();
      }
      const piece = Math.min(AREA_BYTES, this.total - from);
      this.view().set(this.area().subarray(0, piece), at + from);
    }
  }

  private exchange(at: number, stride: number, rows: number, lo: number, hi: number): void {
    const area = this.next();
    const memory = this.view();
    const { control, rank, size } = this;
    const parts = PARTS + this.turn * 2 * MOST_MEMBERS;
    if (hi > lo)
      for (let i = 0, from = lo; i < rows; i++, from += stride)
        area.set(memory.subarray(at + from, at + from + hi - lo), from);
    control[parts + 2 * rank] = lo;
    control[parts + 2 * rank + 1] = hi;
    this.barrier();
    for (let other = 0; other < size; other++) {
      if (other === rank) continue;
      const begin = control[parts + 2 * other] ?? 0;
      const width = (control[parts + 2 * other + 1] ?? 0) - begin;
      if (width <= 0) continue;
      for (let i = 0, from = begin; i < rows; i++, from += stride)
        memory.set(area.subarray(from, from + width), at + from);
    }
  }

  /** The area of the next exchange. */
  private next(): Uint8Array {
    this.turn ^= 1;
    return this.area();
  }

  private area(): Uint8Array {
    return this.areas[this.turn === 0 ? 0 : 1];
  }

  private view(): Uint8Array {
    const buffer = this.memoryOf();
    if (this.memory.buffer !== buffer) this.memory = new Uint8Array(buffer);
    return this.memory;
  }

  private barrier(): void {
    const { control } = this;
    this.arrivals = (this.arrivals + this.size) | 0;
    const need = this.arrivals;
    const now = (Atomics.add(control, ARRIVALS, 1) + 1) | 0;
    if (now === need) {
      if (Atomics.load(control, SLEEPERS) > 0) Atomics.notify(control, ARRIVALS);
      return;
    }
    if (++this.waits % LOOKS.waits === 0) this.looks = Math.max(this.looks, LOOKS.chance);
    // Others may be at the barrier after this one already: the difference counts, also when the counter wraps.
    for (let i = 0; i < this.looks; i++)
      if (((Atomics.load(control, ARRIVALS) - need) | 0) >= 0) {
        this.looks = Math.min(this.looks + (this.looks >> 6), LOOKS.most);
        return;
      }
    this.looks = Math.max(this.looks >> 1, LOOKS.least);
    this.sleep(need);
  }

  private sleep(need: number): void {
    const { control } = this;
    Atomics.add(control, SLEEPERS, 1);
    // A follower waits for as long as nobody asks for anything; the leader waits for followers that are computing. A
    // machine that was suspended lets one wait end early, not twenty.
    for (let silent = 0; ;) {
      const seen = Atomics.load(control, ARRIVALS);
      if (((seen - need) | 0) >= 0) break;
      if (Atomics.load(control, BROKEN) !== 0) this.fail();
      if (Atomics.wait(control, ARRIVALS, seen, 1000) !== 'timed-out') silent = 0;
      else if (this.rank === 0 && ++silent >= PATIENCE_S) this.fail();
    }
    Atomics.sub(control, SLEEPERS, 1);
  }

  private fail(): never {
    this.broken();
    throw new Error('a member of the team is gone');
  }
}
