/** The personas at hand: the library's and those the visitor brought. */
import * as shape from './shape';
import type { EngineClient } from './client';
import type { CombineOptions, PersonaInfo, PoleId } from './protocol';

/** What a pane talks through. */
export interface Choice {
  persona: string | null;
  pole: PoleId;
  strength: number;
}

export const choiceShape: shape.Check<Choice> = shape.object({
  persona: shape.nullable(shape.text),
  pole: shape.oneOf('plus', 'minus'),
  strength: shape.within(0, 1),
});

/** A persona the visitor brought, as its file's text, so that the next visit has it too. */
export const broughtShape = shape.list(shape.text, 200);

export class Gallery {
  personas = $state.raw<PersonaInfo[]>([]);
  brought = $state.raw<string[]>([]);

  find(key: string | null): PersonaInfo | undefined {
    return this.personas.find((p) => p.key === key);
  }

  /** A fresh engine knows its library alone: what the visitor brought is given to it again. */
  async begin(library: PersonaInfo[], client: EngineClient, brought: string[]): Promise<string[]> {
    this.personas = library;
    const failures: string[] = [];
    const still: string[] = [];
    for (const text of brought) {
      try {
        this.put(await client.addPersona({ text }));
        still.push(text);
      } catch (cause) {
        failures.push(cause instanceof Error ? cause.message : String(cause));
      }
    }
    this.brought = still;
    return failures;
  }

  async add(client: EngineClient, from: { text: string } | { link: string }): Promise<PersonaInfo> {
    return this.welcome(client, await client.addPersona(from));
  }

  async combine(client: EngineClient, options: CombineOptions): Promise<PersonaInfo> {
    return this.welcome(client, await client.combine(options));
  }

  /** A persona of the visitor's stays for the next visit. */
  private async welcome(client: EngineClient, persona: PersonaInfo): Promise<PersonaInfo> {
    const known = this.find(persona.key) !== undefined;
    this.put(persona);
    if (!known) this.brought = [...this.brought, (await client.exportPersona(persona.key)).text];
    return persona;
  }

  /** Adds a persona, or what is known of one by now. */
  put(persona: PersonaInfo): void {
    const known = this.personas.some((p) => p.key === persona.key);
    this.personas = known
      ? this.personas.map((p) => (p.key === persona.key ? persona : p))
      : [...this.personas, persona];
  }
}

/** The first visit's panes: the two ends of one trait, so that the first message shows a difference. */
export function firstChoices(personas: readonly PersonaInfo[]): Record<'A' | 'B', Choice> {
  const first = personas.find((p) => /extraversion/i.test(p.name)) ?? personas[0];
  const persona = first?.key ?? null;
  return {
    A: { persona, pole: 'plus', strength: 1 },
    B: { persona, pole: 'minus', strength: 1 },
  };
}
