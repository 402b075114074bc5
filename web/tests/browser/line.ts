/**
 * A line to the server that can go bad: connections that break off inside a part, flipped bits, missing headers, no
 * ranges, no server at all. The breaks are real ones, of the socket, not of a mock in the browser.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Faults {
  /** Break the connection after so many bytes of the body. */
  cut?: (file: string, from: number) => number | undefined;
  /** Flip a bit in the body. */
  corrupt?: (file: string) => boolean;
  /** Answer with this status. */
  status?: (file: string) => number | undefined;
  /** Pretend to know no ranges. */
  noRanges?: boolean;
  /** Leave out the headers for cross-origin isolation. */
  noIsolation?: boolean;
  /** Serve the site below this path alone, as a static host would: `/some/path`. */
  below?: string;
  /** Send none of the server's special headers. */
  bare?: boolean;
  /** Let no browser keep what is sent in a cache of its own accord. */
  unkept?: boolean;
  /** Text to send before the file's own: a script to run first. */
  prepend?: (file: string) => string | undefined;
  /** Milliseconds between two pieces of a part. */
  slow?: number;
}

export class Line {
  faults: Faults = {};
  /** Paths asked for, with the range if there was one. */
  readonly asked: string[] = [];
  private server = http.createServer((request, response) => this.pass(request, response));
  private port = 0;

  private constructor(private readonly target: string) {}

  static async to(target: string): Promise<Line> {
    const line = new Line(target);
    await line.up();
    return line;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The same server under a name that is not this machine's. */
  get foreign(): string {
    return `http://masque.test:${this.port}`;
  }

  /** Opens the line, at the port it had. */
  up(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.port, '127.0.0.1', () => {
        this.port = (this.server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Cuts the line: nothing answers any more. */
  down(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** What was asked for of the model's parts since the last call. */
  parts(): string[] {
    return this.asked.splice(0).filter((path) => path.includes('.gguf'));
  }

  private pass(request: http.IncomingMessage, response: http.ServerResponse): void {
    const file = request.url ?? '/';
    const { range } = request.headers;
    this.asked.push(range ? `${file} ${range}` : file);
    const status = this.faults.status?.(file);
    if (status !== undefined) return void response.writeHead(status).end();
    const { below = '' } = this.faults;
    if (!file.startsWith(`${below}/`)) return void response.writeHead(404).end();
    const headers = { ...request.headers };
    if (this.faults.noRanges) delete headers.range;
    if (this.faults.prepend?.(file)) delete headers['accept-encoding'];
    const onward = http.request(
      `${this.target}${file.slice(below.length)}`,
      { method: request.method, headers },
      (answer) => {
        void this.answer(file, range, answer, response);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end();
  }

  private async answer(
    file: string,
    range: string | undefined,
    answer: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const headers = { ...answer.headers };
    if (this.faults.noIsolation) {
      delete headers['cross-origin-opener-policy'];
      delete headers['cross-origin-embedder-policy'];
    }
    const prepended = this.faults.prepend?.(file);
    if (prepended) delete headers['content-length'];
    if (this.faults.bare)
      for (const name of Object.keys(headers))
        if (/^(cross-origin|content-security|x-content|referrer)/.test(name)) delete headers[name];
    if (this.faults.unkept) headers['cache-control'] = 'no-store';
    response.writeHead(answer.statusCode ?? 502, headers);
    if (prepended) response.write(prepended);
    const from = range && !this.faults.noRanges ? Number(/\d+/.exec(range)?.[0]) : 0;
    const end = this.faults.cut?.(file, from);
    const corrupt = this.faults.corrupt?.(file) ?? false;
    let sent = 0;
    try {
      for await (const chunk of answer) {
        const piece = chunk as Buffer;
        if (end !== undefined && sent + piece.length > end) {
          // What was sent before must arrive: the break is later than it.
          response.write(piece.subarray(0, end - sent), () => response.destroy());
          return;
        }
        if (corrupt && sent === 0) piece[piece.length >> 1] = (piece[piece.length >> 1] ?? 0) ^ 1;
        sent += piece.length;
        if (!response.write(piece)) await drained(response);
        if (response.destroyed) return;
        if (this.faults.slow && file.includes('.gguf'))
          await new Promise((resolve) => setTimeout(resolve, this.faults.slow));
      }
      response.end();
    } catch {
      response.destroy();
    }
  }
}

function drained(response: http.ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
