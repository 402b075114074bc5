/**
 * The workers that compute beside the leader. Each runs this very script as a follower (follower.ts), with a Go
 * program of its own on its own share of the weights; while the engine computes they meet in an Exchange, else they
 * are told what to do by messages. Without cross-origin isolation there is no shared memory, and the leader is alone.
 */
import { breakOff, makeBuffer, MOST_MEMBERS } from './exchange';
import type { EngineRequest } from '../protocol';
import { pace } from './pace';
import type { Code, Place } from './program';

export type FollowerRequest =
  /** The first message: be a follower, of a program that is fetched from below `base`. */
  | { type: 'enlist'; base: string }
  | { type: 'pace'; milliseconds: number }
  | { type: 'run'; code: Code; place: Place }
  | { type: 'open'; request: EngineRequest }
  /** Bytes of the model that is being opened, in a slot that is free once they have been fed. */
  | { type: 'feed'; slot: number; bytes: Uint8Array };

export type FollowerReply =
  | { type: 'enlisted' }
  | { type: 'paced'; rounds: number }
  | { type: 'running' }
  | { type: 'fed'; slot: number }
  | { type: 'joined' }
  /** It goes on to answer, but this model it does not have. */
  | { type: 'failed'; message: string }
  | { type: 'crashed'; message: string };

/** The model goes to the followers in pieces of this size, and so many may be on their way at once. */
const SLOT_BYTES = 1 << 20;
const SLOTS = 8;
const PACE_MS = 4;
/** So much faster must twice as many workers be to be taken. */
const WORTH = 1.15;
/** Who has more cores has them for more than one page. */
const MOST_MEASURED = 8;

export class Followers {
  private members: Member[] = [];
  private buffer: SharedArrayBuffer | null = null;
  private code: Code | null = null;
  private ring: SharedArrayBuffer | null = null;
  private free: number[] = [];
  private waiting: (() => void)[] = [];
  private readonly unfed = new Map<number, number>();

  private constructor(
    private readonly base: string,
    private readonly died: (message: string) => void,
  ) {}

  /** Brings up as many as are asked for, or as many as compute faster together on this machine. */
  static async enlist(
    workers: number | 'auto',
    base: string,
    died: (message: string) => void,
  ): Promise<Followers> {
    const followers = new Followers(base, died);
    const most = crossOriginIsolated
      ? workers === 'auto'
        ? Math.min(navigator.hardwareConcurrency || 1, MOST_MEASURED)
        : Math.min(workers, MOST_MEMBERS)
      : 1;
    await followers.spawn(most);
    if (workers === 'auto' && most > 1) followers.dismiss(await followers.measure());
    followers.buffer = followers.size > 1 ? makeBuffer() : null;
    return followers;
  }

  /** Members of the team, the leader included. */
  get size(): number {
    return this.members.length + 1;
  }

  /** The leader's place. */
  get place(): Place {
    return { buffer: this.buffer, rank: 0, size: this.size };
  }

  async run(code: Code): Promise<void> {
    this.code = code;
    const { buffer, size } = this;
    await Promise.all(
      this.members.map((member, i) =>
        member.ask({ type: 'run', code, place: { buffer, rank: i + 1, size } }, 'running'),
      ),
    );
  }

  /** Begins a model whose bytes follow. Resolves when all have their share. */
  async open(request: EngineRequest): Promise<void> {
    if (this.members.length === 0) return;
    this.ring = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
    this.free = Array.from({ length: SLOTS }, (_, i) => i);
    await Promise.all(this.members.map((member) => member.ask({ type: 'open', request }, 'joined')));
    this.ring = null;
  }

  /** Copies bytes to where the followers take them; waits for room, not for them. */
  async feed(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
      while (this.ring && this.free.length === 0)
        await new Promise<void>((resolve) => {
          this.waiting.push(resolve);
        });
      const { ring } = this;
      if (!ring) return;
      const piece = bytes.subarray(at, at + SLOT_BYTES);
      const slot = this.free.pop() ?? 0;
      const there = new Uint8Array(ring, slot * SLOT_BYTES, piece.length);
      there.set(piece);
      this.unfed.set(slot, this.members.length);
      for (const member of this.members) member.post({ type: 'feed', slot, bytes: there });
    }
  }

  /** Replaces all members after a model that was not opened: none may wait for the rest of it. */
  async renew(): Promise<void> {
    const { size, code } = this;
    if (size === 1 || !code) return;
    this.dismiss(1);
    this.ring = null;
    for (const go of this.waiting.splice(0)) go();
    this.buffer = makeBuffer();
    await this.spawn(size);
    await this.run(code);
  }

  private async spawn(size: number): Promise<void> {
    while (this.size < size) this.members.push(new Member((reply) => this.hear(reply)));
    const { base } = this;
    await Promise.all(this.members.map((member) => member.ask({ type: 'enlist', base }, 'enlisted')));
  }

  private dismiss(size: number): void {
    for (const member of this.members.splice(size - 1)) member.terminate();
  }

  /** How many compute fastest together: hardware threads may share a core, and other programs need some too. */
  private async measure(): Promise<number> {
    let best = { size: 1, speed: await this.speed(1) };
    for (let size = 2; size <= this.size; size *= 2) {
      const speed = await this.speed(size);
      if (speed > best.speed * WORTH) best = { size, speed };
    }
    return best.size;
  }

  /** What a team of this size gets done: all wait for the slowest. */
  private async speed(size: number): Promise<number> {
    const others = this.members
      .slice(0, size - 1)
      .map((member) => member.ask({ type: 'pace', milliseconds: PACE_MS }, 'paced'));
    const own = pace(PACE_MS);
    const rounds = (await Promise.all(others)).map((reply) => (reply.type === 'paced' ? reply.rounds : 0));
    return size * Math.min(own, ...rounds);
  }

  private hear(reply: FollowerReply): void {
    if (reply.type === 'fed') {
      const left = (this.unfed.get(reply.slot) ?? 0) - 1;
      this.unfed.set(reply.slot, left);
      if (left > 0) return;
      this.free.push(reply.slot);
      this.waiting.shift()?.();
    } else if (reply.type === 'crashed') {
      if (this.buffer) breakOff(this.buffer);
      this.died(reply.message);
    }
  }
}

/** One follower, as the leader sees it. */
class Member {
  private readonly worker: Worker;
  private expected: {
    type: FollowerReply['type'];
    resolve(reply: FollowerReply): void;
    reject(cause: Error): void;
  } | null = null;

  constructor(hear: (reply: FollowerReply) => void) {
    this.worker = new Worker(self.location.href, { type: 'module', name: 'masque engine, follower' });
    this.worker.addEventListener('message', ({ data }: MessageEvent<FollowerReply>) => {
      const { expected } = this;
      if (expected && (data.type === expected.type || data.type === 'failed')) {
        this.expected = null;
        if (data.type === 'failed') expected.reject(new Error(data.message));
        else expected.resolve(data);
      }
      hear(data);
    });
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      const message = event.message || 'it could not be started';
      this.expected?.reject(new Error(message));
      hear({ type: 'crashed', message });
    });
  }

  post(request: FollowerRequest): void {
    this.worker.postMessage(request);
  }

  ask(request: FollowerRequest, answer: FollowerReply['type']): Promise<FollowerReply> {
    return new Promise((resolve, reject) => {
      this.expected = { type: answer, resolve, reject };
      this.post(request);
    });
  }

  terminate(): void {
    this.expected?.reject(new Error('dismissed'));
    this.worker.terminate();
  }
}
