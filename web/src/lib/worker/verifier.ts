/**
 * A second look at stored parts, which a load takes on trust. It reads and hashes 100 MB, so it has a worker of its own:
 * this very script, told to verify, and gone when it has.
 */
import type { Part } from '../manifest';
import { removeDamaged } from './modelstore';
import { openStore } from './opfs';

export interface VerifierRequest {
  type: 'verify';
  parts: readonly Part[];
}

/** Resolves to the damaged parts, which have been removed. What can't be read now is left alone. */
export function verify(parts: readonly Part[]): Promise<Part[]> {
  const worker = new Worker(self.location.href, { type: 'module', name: 'masque engine, verifier' });
  return new Promise<Part[]>((resolve) => {
    worker.addEventListener('message', ({ data }: MessageEvent<Part[]>) => resolve(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      resolve([]);
    });
    const request: VerifierRequest = { type: 'verify', parts };
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

/** The worker's part. */
export async function answer({ parts }: VerifierRequest): Promise<void> {
  const store = await openStore();
  self.postMessage(store ? await removeDamaged(parts, store, digest).catch(() => []) : []);
}

export async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('');
}
