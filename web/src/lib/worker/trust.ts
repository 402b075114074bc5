/**
 * The parts that one load has taken from the storage unchecked, and the second look at them: once the model is open and
 * the engine quiet, or as soon as it can't be opened, for that may be why.
 */
import type { Part } from '../manifest';

/** The reason of a failure waits so long for the look, which waits for other tabs that load the model. */
const PATIENCE_MS = 5_000;

export class Trust {
  private readonly parts: Part[] = [];
  private looked: Promise<boolean> | null = null;
  private over = false;

  constructor(
    /** Removes the damaged ones of these parts and returns them. */
    private readonly check: (parts: readonly Part[]) => Promise<readonly Part[]>,
    /** Hears once of what was damaged. */
    private readonly damaged: (parts: readonly Part[]) => void,
  ) {}

  /** A part is taken unchecked. */
  take(part: Part): void {
    this.parts.push(part);
  }

  /** Another load begins: what is damaged is still removed, but the page has no use for the news. */
  end(): void {
    this.over = true;
  }

  /** Whether something is damaged. The first call looks. */
  broken(): Promise<boolean> {
    return (this.looked ??= this.look());
  }

  /** Tells what has failed, unless damage was the cause: the page begins anew then, and the failure is no news. */
  async explain(tell: () => void): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    const broken = await Promise.race([this.broken(), late]);
    clearTimeout(timer);
    if (!broken) tell();
  }

  private async look(): Promise<boolean> {
    if (this.parts.length === 0) return false;
    // What can't be looked at is left alone: the next visit looks again.
    const damaged = await this.check(this.parts).catch(() => []);
    if (damaged.length === 0 || this.over) return false;
    this.damaged(damaged);
    return true;
  }
}
