/**
 * A second look at stored parts, which a load takes on trust. It reads and hashes 100 MB, so it has a worker of its own:
 * this very script, told to verify, and gone when it has.
 */
import type { Part } from '../manifest';
import { removeDamaged, type PartStore } from './modelstore';

export interface VerifierRequest {
  type: 'verify';
  parts: readonly Part[];
}

interface VerifierReply {
  type: 'verified';
  damaged: Part[];
}

/** The look takes a second, on a slow device some; a worker that is silent for longer would keep the store locked. */
const PATIENCE_MS = 60_000;

/** Resolves to the damaged parts, which have been removed. What can't be read now is left alone. */
export function verify(parts: readonly Part[]): Promise<Part[]> {
  const worker = new Worker(self.location.href, { type: 'module', name: 'masque engine, verifier' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise<Part[]>((resolve) => {
    timer = setTimeout(() => resolve([]), PATIENCE_MS);
    // This script may also say that it has crashed.
    worker.addEventListener('message', ({ data }: MessageEvent<VerifierReply | { type: 'crashed' }>) =>
      resolve(data.type === 'verified' ? data.damaged : []),
    );
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      resolve([]);
    });
    const request: VerifierRequest = { type: 'verify', parts };
    worker.postMessage(request);
  }).finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}

/** The worker's part. */
export async function answer({ parts }: VerifierRequest, store: PartStore | null): Promise<void> {
  const reply: VerifierReply = {
    type: 'verified',
    damaged: store ? await removeDamaged(parts, store, digest) : [],
  };
  self.postMessage(reply);
}

export async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('');
}
