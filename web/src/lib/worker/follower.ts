/** A worker's life as a follower: what followers.ts asks of it. */
import { breakOff } from './exchange';
import type { FollowerReply, FollowerRequest } from './followers';
import { pace } from './pace';
import { prepare, Program } from './program';

declare const self: DedicatedWorkerGlobalScope;

let program: Program | null = null;
let buffer: SharedArrayBuffer | null = null;
/** Pieces are fed one after another, in the order in which they came. */
let feeding: Promise<void> = Promise.resolve();

function send(reply: FollowerReply): void {
  self.postMessage(reply);
}

function crash(message: string): void {
  if (buffer) breakOff(buffer); // the leader may be waiting, deaf to messages
  send({ type: 'crashed', message });
}

export async function follow(request: FollowerRequest): Promise<void> {
  switch (request.type) {
    case 'enlist':
      self.addEventListener('error', (event) => crash(event.message));
      self.addEventListener('unhandledrejection', (event) => crash(String(event.reason)));
      prepare(request.base);
      return send({ type: 'enlisted' });
    case 'pace':
      return send({ type: 'paced', rounds: pace(request.milliseconds) });
    case 'run':
      ({ buffer } = request.place);
      program = await Program.start(request.code, request.place, {
        event: (e) => {
          if (e.type === 'joined') send({ type: 'joined' });
          else if (e.type === 'failed') send({ type: 'failed', message: e.message });
        },
        crashed: crash,
        lonely: () => {},
      });
      return send({ type: 'running' });
    case 'open':
      program?.request(request.request);
      return;
    case 'feed':
      feeding = feeding.then(() => feed(request.slot, request.bytes));
      return feeding;
  }
}

async function feed(slot: number, bytes: Uint8Array): Promise<void> {
  try {
    await program?.feed(bytes);
  } catch {
    // The program has said why; the leader meets the same, and takes other followers.
  }
  send({ type: 'fed', slot });
}
