/** The personas at hand: the library's and those the visitor brought. */
import { sentence } from './sentence';
import * as shape from './shape';
import type { EngineClient } from './client';
import type { CombineOptions, Fit, PersonaInfo, PoleId } from './protocol';

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

/** A persona that the next visit shall have too, as its file's text. */
export interface Brought {
  text: string;
  /** Made or measured here: where the library has the same masks, this one takes their place. */
  own: boolean;
}

const broughtOne = shape.object({ text: shape.text, own: shape.flag });
/** Earlier versions kept the texts alone. What a later one has kept may be none of this one's. */
function broughtOf(value: unknown): Brought | null {
  try {
    return typeof value === 'string' ? { text: value, own: false } : broughtOne(value);
  } catch {
    return null;
  }
}

/** However many: one that can't be read costs nobody the others. */
export const broughtShape: shape.Check<Brought[]> = (value, path) =>
  shape
    .list(broughtOf)(value, path)
    .filter((one) => one !== null);

/** What a persona's removal left in its place, and the way back. */
export interface Removal {
  original: PersonaInfo | undefined;
  undo: () => void;
}

export class Gallery {
  personas = $state.raw<PersonaInfo[]>([]);
  /** What the visitor brought, by its key, or made, by what identifies its masks. Until the engine has read it, by its text. */
  private kept = $state.raw<ReadonlyMap<string, Brought>>(new Map());
  private library: readonly PersonaInfo[] = [];
  /** The texts of all that this tab ever had. */
  private readonly met = new Set<string>();

  get brought(): Brought[] {
    return [...this.kept.values()];
  }

  /**
   * What is to be stored where another tab may have stored some of its own. What this one has removed stays away; what
   * it can't read, it leaves for who can.
   */
  merge(stored: unknown, own: Brought[]): unknown {
    for (const { text } of own) this.met.add(text);
    if (stored === undefined) return own;
    if (!Array.isArray(stored)) return stored;
    const others = stored.filter((one) => {
      const read = broughtOf(one);
      return read === null || !this.met.has(read.text);
    });
    return [...own, ...others];
  }

  find(key: string | null): PersonaInfo | undefined {
    return this.personas.find((p) => p.key === key);
  }

  /** The library's persona with one's masks, whose figures may be other ones. */
  shipped(persona: PersonaInfo): PersonaInfo | undefined {
    return this.library.find((p) => p.mask === persona.mask);
  }

  /** What an earlier visit has left. */
  recall(brought: readonly Brought[]): void {
    this.kept = new Map(brought.map((one) => [one.text, one]));
  }

  /**
   * A fresh engine knows its library alone: what the visitor brought is given to it again. That may take as long as a
   * model takes to open, and others come and go meanwhile.
   */
  async begin(library: PersonaInfo[], client: EngineClient): Promise<string[]> {
    this.personas = this.library = library;
    for (const { text } of this.brought) this.met.add(text);
    const failures: string[] = [];
    for (const [was, one] of this.kept) {
      try {
        const persona = await client.addPersona({ text: one.text });
        if (this.kept.get(was) !== one) continue; // it was removed, or is another by now
        const twin = one.own ? library.find((p) => p.mask === persona.mask) : undefined;
        if (twin) this.replace(twin.key, persona);
        else this.put(persona);
        const id = identity(persona, one.own);
        this.kept = new Map([...this.kept].map(([of, kept]) => [of === was ? id : of, kept]));
      } catch (cause) {
        // It stays: another version of the page may read it, or this one when the engine is well again.
        failures.push(sentence(cause));
      }
    }
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
    if (!known) await this.keep(client, persona, false);
    return persona;
  }

  /** The keys of the personas with one's masks. */
  alike(persona: PersonaInfo): string[] {
    return this.personas.filter((p) => p.mask === persona.mask).map((p) => p.key);
  }

  /** A persona that was made or measured here, in the place of those that it was. */
  own(client: EngineClient, were: readonly string[], persona: PersonaInfo): Promise<void> {
    const [first, ...others] = this.personas.filter((p) => were.includes(p.key));
    this.personas = this.personas.filter((p) => !others.includes(p));
    if (first) this.replace(first.key, persona);
    else this.put(persona);
    this.kept = new Map([...this.kept].filter(([id]) => !were.includes(id)));
    return this.keep(client, persona, true);
  }

  /** Takes away a persona that the visitor brought or made. If the library has the same masks, its own entry comes back. */
  remove(persona: PersonaInfo): Removal {
    const id = this.idOf(persona);
    const own = [...this.kept].filter(([of]) => of === id);
    this.kept = new Map([...this.kept].filter(([of]) => of !== id));
    const twin = this.library.find((p) => p.mask === persona.mask && p.key !== persona.key);
    const original = twin && { ...twin, fits: persona.fits, misfit: persona.misfit };
    if (original) this.replace(persona.key, original);
    else this.personas = this.personas.filter((p) => p.key !== persona.key);
    const undo = (): void => {
      this.kept = new Map([...this.kept, ...own]);
      if (original) this.replace(original.key, persona);
      else this.put(persona);
    };
    return { original, undo };
  }

  /** Whether a persona is the visitor's to remove. */
  owns(persona: PersonaInfo): boolean {
    return this.idOf(persona) !== undefined;
  }

  /** What one of the visitor's is kept under. Another, of the library or from elsewhere, may have its masks. */
  private idOf({ key, mask }: PersonaInfo): string | undefined {
    if (this.library.some((p) => p.key === key)) return undefined;
    return [key, mask].find((id) => this.kept.has(id));
  }

  private async keep(client: EngineClient, persona: PersonaInfo, own: boolean): Promise<void> {
    const { text } = await client.exportPersona(persona.key);
    this.kept = new Map([...this.kept, [identity(persona, own), { text, own }]]);
  }

  private replace(was: string, persona: PersonaInfo): void {
    this.personas = this.personas.map((p) => (p.key === was ? persona : p));
  }

  /** Takes note of which personas are for the open model. The engine also knows some that have left the gallery. */
  fit(fits: readonly Fit[]): void {
    const byKey = new Map(fits.map((fit) => [fit.key, fit]));
    this.personas = this.personas.map((p) => ({ ...p, ...byKey.get(p.key) }));
  }

  private put(persona: PersonaInfo): void {
    if (this.find(persona.key)) this.replace(persona.key, persona);
    else this.personas = [...this.personas, persona];
  }
}

/** One's own persona stays one whatever is measured of it; another's is what its file says. */
function identity(persona: PersonaInfo, own: boolean): string {
  return own ? persona.mask : persona.key;
}

/** The first visit's panes: the two ends of one trait, so that the first message shows a difference. */
export function firstChoices(personas: readonly PersonaInfo[]): Record<'A' | 'B', Choice> {
  const first = personas.find((p) => /extraversion/i.test(p.name)) ?? personas[0];
  return { A: choiceOf(first, 'plus'), B: choiceOf(first, 'minus') };
}

/** A pole as a chat begins with it, or no persona. */
export function choiceOf(persona: PersonaInfo | undefined, pole: PoleId): Choice {
  return { persona: persona?.key ?? null, pole, strength: persona?.chat[pole] ?? 1 };
}
