/** The other end of a client: what it was asked, and events at will. */
import { EngineClient, type EngineWorker } from '../../src/lib/client';
import type { PageEvent, PageRequest } from '../../src/lib/protocol';

export class FakeWorker implements EngineWorker {
  readonly asked: PageRequest[] = [];
  terminated = false;
  private message: (event: MessageEvent<PageEvent>) => void = () => {};
  private error: (event: ErrorEvent) => void = () => {};

  addEventListener(type: 'message' | 'error', listener: (event: never) => void): void {
    if (type === 'message') this.message = listener as typeof this.message;
    else this.error = listener as typeof this.error;
  }

  postMessage(message: PageRequest): void {
    this.asked.push(structuredClone(message));
  }

  terminate(): void {
    this.terminated = true;
  }

  tell(event: PageEvent): void {
    this.message(new MessageEvent('message', { data: event }));
  }

  fail(message: string): void {
    this.error({ message } as ErrorEvent);
  }

  /** The last request of a kind. */
  last<T extends PageRequest['type']>(type: T): Extract<PageRequest, { type: T }> {
    const found = this.asked.findLast((r) => r.type === type);
    if (!found) throw new Error(`no ${type} was asked`);
    return found as Extract<PageRequest, { type: T }>;
  }
}

/** A client that nobody hears of crashes from. */
export function clientOf(worker: FakeWorker): EngineClient {
  return new EngineClient(worker, () => {});
}
