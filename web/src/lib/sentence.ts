/** What went wrong, for people: errors of this project are whole sentences. */
export function sentence(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
