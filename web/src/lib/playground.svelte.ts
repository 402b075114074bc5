/** All that the Playground is made of, and what of it outlives a reload. */
import { createContext } from 'svelte';
import type { EngineClient, EngineWorker } from './client';
import { Conversation } from './conversation.svelte';
import {
  broughtShape,
  choiceOf,
  choiceShape,
  firstChoices,
  Gallery,
  type Brought,
  type Choice,
} from './gallery.svelte';
import { keeper, recall, unkept } from './keep';
import { keepChanges } from './kept.svelte';
import { hasScene, linkIn, linkTo, loadStage } from './links';
import { PANES, type CombineOptions, type Fit, type PaneId, type PersonaInfo } from './protocol';
import { DEFAULTS, settingsShape, type Settings } from './sampling';
import { sentence } from './sentence';
import { Session } from './session.svelte';
import * as shape from './shape';
import { besideOthers } from './tabs';
import { save } from './transcript';
import { turnsShape } from './turn.svelte';

const choicesShape = shape.object({ A: choiceShape, B: choiceShape });
const NOTHING = choiceOf(undefined, 'plus');

export class Playground {
  readonly gallery = new Gallery();
  readonly conversation = new Conversation();
  readonly session: Session;
  /** What the visitor wants in the panes, whatever model is open. */
  chosen = $state<Record<PaneId, Choice>>({ A: { ...NOTHING }, B: { ...NOTHING } });
  /** What of it the open model can wear: a persona of another waits until its own is open. */
  readonly choices = $derived({ A: this.fitting('A'), B: this.fitting('B') });
  settings = $state<Settings>({ ...DEFAULTS });
  draft = $state('');
  /** What a persona's file or link had wrong. */
  problem = $state('');
  /** The persona that was removed last, and the way back. */
  removed = $state.raw<{ name: string; undo: () => void } | null>(null);
  /** What was done, briefly: for the status line. */
  news = $state('');
  /** The scene that a link has set, in words, and the way back, until something is said. */
  scene = $state.raw<{ words: string; undo: () => void } | null>(null);

  /** What is to be known of the conversation's keeping. */
  notices = $state<string[]>([]);
  /** This browser has room for the conversation and all that belongs to it. */
  keeps = $state(true);

  /** What was wrong with the link in the address. */
  private broken = '';
  /** What an earlier visit had in the panes. */
  private known: Record<PaneId, Choice> | null = null;
  /** The panes have what they begin with: from then on they are the visitor's. */
  private set = false;
  /** The address's persona or scene, until the engine runs that can read it. */
  private link: string | null = null;
  private recalled = $state(false);
  private recalling: Promise<void> = Promise.resolve();
  /** The library has been read, so that the choices mean what they say. */
  private staged = $state(false);

  constructor(createWorker: () => EngineWorker, base: string) {
    this.session = new Session({
      createWorker,
      base,
      started: async ({ library }, client) => {
        await this.recalling;
        // Before the visitor's own personas are there: that may take long, and the panes can be set meanwhile.
        if (!this.set) this.chosen = this.known ?? firstChoices(library);
        this.set = true;
        const failures = await this.gallery.begin(library, client);
        if (this.session.client !== client) return; // the next one begins as this one did
        if (failures[0]) this.problem = failures[0];
        this.chosen = this.present(this.chosen);
        this.staged = true;
        const { link } = this;
        this.link = null;
        // Where its model is not the one that is being read, it waits for that, whichever comes first.
        if (link) await this.open({ link }, true);
      },
      fits: (personas) => this.learn(personas),
    });
  }

  /** The engine has nothing to do. */
  get canSend(): boolean {
    return this.session.idle && !this.conversation.busy;
  }

  /** A message can be sent; it breaks off what is only compared. */
  get canSay(): boolean {
    return this.session.idle && this.conversation.free;
  }

  /** The engine starts at once: what an earlier visit left is wanted when the engine has started. */
  async start(): Promise<void> {
    this.link = linkIn(location.hash);
    this.recalling = this.recall();
    await this.session.start();
  }

  private async recall(): Promise<void> {
    const [turns, choices, settings, brought, draft] = await Promise.all([
      recall('conversation', turnsShape),
      recall('choices', choicesShape),
      recall('settings', settingsShape),
      recall('personas', broughtShape),
      recall('draft', shape.text),
    ]);
    if (turns) this.conversation.restore(turns);
    if (settings) this.settings = settings;
    if (draft && this.draft === '') this.draft = draft;
    this.known = choices;
    this.gallery.recall(brought ?? []);
    this.recalled = true;
  }

  async send(): Promise<void> {
    const text = this.draft.trim();
    const { speaker } = this.session;
    if (!speaker || text === '' || !this.canSay) return;
    const { scene } = this;
    this.draft = '';
    this.scene = null;
    const taken = await this.conversation.send(speaker, this.gallery, text, this.choices, this.settings);
    if (taken) return;
    // Too long, it may be: it comes back to be mended, unless something else is being written. Nothing has been said.
    if (this.draft === '') this.draft = text;
    this.scene ??= scene;
  }

  async regenerate(): Promise<void> {
    const { speaker } = this.session;
    if (!speaker || !this.canSay) return;
    await this.conversation.regenerate(speaker, this.gallery, this.choices, this.settings);
  }

  /**
   * A persona from a file's text or a link: into the gallery and, by its two ends, into the panes. One of another
   * model leaves them as they are, unless it is to wait there. Or a link's scene.
   */
  async open(from: { text: string } | { link: string }, waits = false): Promise<void> {
    const { client } = this.session;
    if (!client) return;
    this.problem = '';
    const { phase, task } = this.session;
    const busy = phase === 'loading' || task !== '' || this.conversation.busy;
    const scene = 'link' in from && hasScene(from.link);
    this.news = busy ? `The ${scene ? 'scene' : 'persona'} opens when the engine is free.` : '';
    try {
      if (scene) {
        await this.setScene(from.link, client);
        return;
      }
      const persona = await this.gallery.add(client, from);
      this.news = '';
      // Once taken up, a link has no say in what a reload brings back. One that failed is tried again.
      if ('link' in from) leaveLink();
      if (persona.fits !== false || waits) this.chosen = firstChoices([persona]);
      if (persona.fits === false) this.problem = persona.misfit;
      else this.news = `${persona.name} is in both panes.`;
    } catch (cause) {
      this.news = '';
      this.problem = 'link' in from ? ofLink(sentence(cause)) : sentence(cause);
      if ('link' in from) this.broken = this.problem;
    }
  }

  /** Sets a link's scene. What it replaces is back with the scene's undo. */
  private async setScene(link: string, client: EngineClient): Promise<void> {
    const { stageOf } = await loadStage();
    const { choices, settings, message, words } = await stageOf(link, this.gallery, client);
    leaveLink();
    this.news = '';
    const before = $state.snapshot({ chosen: this.chosen, settings: this.settings, draft: this.draft });
    const aside = this.conversation.turns.length > 0;
    if (aside) this.conversation.setAside();
    this.chosen = choices;
    this.settings = settings;
    this.draft = message || this.draft;
    this.problem = PANES.map((pane) => this.gallery.find(choices[pane].persona)?.misfit).find(Boolean) ?? '';
    this.scene = {
      words: aside ? `${words} Undo brings the conversation back, until something is said.` : words,
      undo: () => {
        this.chosen = before.chosen;
        this.settings = before.settings;
        if (this.draft === message) this.draft = before.draft;
        if (aside) this.conversation.undoClear();
        this.scene = null;
      },
    };
  }

  /** What was wrong has been read. A link that failed is not tried again. */
  dismiss(): void {
    this.problem = '';
    leaveLink();
  }

  /** The address has changed: what was wrong with the link in it is gone with that. */
  moved(): void {
    if (this.problem === this.broken) this.problem = '';
  }

  /** One persona of two, into the gallery and both panes. Returns what went wrong, for people; empty = nothing. */
  async combine(options: CombineOptions): Promise<string> {
    const { client } = this.session;
    if (!client) return 'The engine is not running.';
    try {
      const persona = await this.gallery.combine(client, options);
      this.chosen = firstChoices([persona]);
      this.news = `${persona.name} is in both panes.`;
      return '';
    } catch (cause) {
      return sentence(cause);
    }
  }

  /** Files that were dropped or picked: a model, or personas. What is wrong with one keeps no other from being taken. */
  async take(files: Iterable<File>): Promise<void> {
    const problems: string[] = [];
    for (const file of files) {
      let problem: string;
      try {
        problem = await this.takeOne(file);
      } catch {
        problem = `${file.name} can't be read: if it is a folder, open the files in it; if it is a file, see that it is still there and yours to read.`;
      }
      if (problem) problems.push(problem);
    }
    if (problems.length > 0) this.problem = problems.join(' ');
  }

  /** Returns what is wrong with the file, for people; empty = nothing. Throws where it can't be read. */
  private async takeOne(file: File): Promise<string> {
    if (/\.gguf$/i.test(file.name)) {
      const { task } = this.session;
      if (task !== '')
        return `${file.name} was not opened: the engine is at work (${task.toLowerCase()}). Stop that first.`;
      // What is no model costs nobody the one that runs.
      if ((await file.slice(0, 4).text()) !== 'GGUF')
        return `${file.name} is no model: ${file.size === 0 ? 'it is empty' : 'a GGUF file begins with “GGUF”'}.`;
      this.conversation.stop();
      await this.session.load(file);
      return '';
    }
    if (file.size > PERSONA_FILE_LIMIT)
      return `${file.name} is neither a persona (.persona.json) nor a model (.gguf).`;
    await this.open({ text: await file.text() });
    return this.problem;
  }

  /** A persona that was made here takes the place of others with its masks. */
  made(client: EngineClient, persona: PersonaInfo): Promise<void> {
    this.removed = null;
    return this.own(client, this.gallery.alike(persona), persona);
  }

  /** What is measured of a persona gives it another key. */
  measured(client: EngineClient, was: string, persona: PersonaInfo): Promise<void> {
    return this.own(client, [was], persona);
  }

  /** A persona of the visitor's own, for the next visit too: whoever wears it goes on wearing it. */
  private own(client: EngineClient, were: readonly string[], persona: PersonaInfo): Promise<void> {
    const kept = this.gallery.own(client, were, persona);
    for (const pane of PANES) {
      const worn = this.chosen[pane].persona;
      if (worn !== null && were.includes(worn)) this.chosen[pane].persona = persona.key;
    }
    return kept;
  }

  /** Both ends of a persona, one in each pane. */
  wear(persona: PersonaInfo): void {
    this.chosen = firstChoices([persona]);
  }

  remove(persona: PersonaInfo): void {
    const { original, undo } = this.gallery.remove(persona);
    const before = $state.snapshot(this.chosen);
    const wearing = PANES.filter((pane) => before[pane].persona === persona.key);
    for (const pane of wearing)
      this.chosen[pane] = original ? { ...before[pane], persona: original.key } : { ...NOTHING };
    this.removed = {
      name: persona.name,
      undo: () => {
        undo();
        for (const pane of wearing) this.chosen[pane] = before[pane];
        this.removed = null;
      },
    };
  }

  async linkOf(persona: PersonaInfo): Promise<string> {
    const { client } = this.session;
    if (!client) throw new Error('The engine is not running.');
    return linkTo(await client.share(persona.key), location);
  }

  /** The scene as it is, with the message that is being written. */
  async linkOfScene(): Promise<string> {
    const { client } = this.session;
    if (!client) throw new Error('The engine is not running.');
    const { sceneOf } = await loadStage();
    const { choices, settings, draft } = this;
    return linkTo(
      await sceneOf({ choices, settings, message: draft.trim() }, this.gallery, client),
      location,
    );
  }

  async saveFileOf(persona: PersonaInfo): Promise<void> {
    try {
      const file = await this.session.client?.exportPersona(persona.key);
      if (file) save({ ...file, type: 'application/json' });
    } catch (cause) {
      this.problem = sentence(cause);
    }
  }

  /** Keeps every change for the next visit. Must be called while a component initialises. */
  keepAll(): void {
    const failed = (cause: unknown): void => {
      if (!this.keeps) return;
      this.keeps = false;
      this.notices.push(unkept(cause, 'the conversation: it ends with this tab'));
    };
    const keepers = {
      turns: keeper<unknown>('conversation', failed),
      choices: keeper<unknown>('choices', failed),
      settings: keeper<unknown>('settings', failed),
      draft: keeper<unknown>('draft', failed),
      brought: keeper('personas', failed, (stored, own: Brought[]) => this.gallery.merge(stored, own)),
    };
    const tell = besideOthers(
      'conversation',
      () => this.conversation.turns.length > 0,
      () => {
        this.notices.push(
          'Another tab has kept its conversation for the next visit. The one in this tab ends with it, unless it goes on.',
        );
      },
    );
    $effect(() => {
      // To look at all turns is too dear for every token: the count of changes is what is watched. As they were
      // recalled, the turns are kept already, or another tab has kept others since.
      if (this.conversation.changes === 0 || !this.recalled) return;
      keepers.turns.keep(() => {
        tell();
        return this.conversation.lasting.map((turn) => turn.toJSON()); // storing copies it
      });
    });
    $effect(() => {
      const chosen = $state.snapshot(this.chosen);
      if (this.staged) keepers.choices.keep(() => chosen);
    });
    $effect(() => {
      const settings = $state.snapshot(this.settings);
      if (this.recalled) keepers.settings.keep(() => settings);
    });
    keepChanges(
      keepers.draft,
      () => this.recalled,
      () => {
        const { draft } = this;
        return () => draft;
      },
    );
    $effect(() => {
      const { brought } = this.gallery;
      if (this.staged) keepers.brought.keep(() => brought);
    });
  }

  /** A model has been opened, so that a persona is known to fit or not: who wears one that does not is told. */
  private learn(personas: readonly Fit[]): void {
    const told = this.gallery.personas.some((p) => p.misfit && p.misfit === this.problem);
    this.gallery.fit(personas);
    const worn = PANES.map((pane) => this.gallery.find(this.chosen[pane].persona)?.misfit).find(Boolean);
    if (worn) this.problem = worn;
    else if (told) this.problem = '';
  }

  /** What a pane wears of what was chosen. */
  private fitting(pane: PaneId): Choice {
    const choice = this.chosen[pane];
    return this.gallery.find(choice.persona)?.fits === false ? { ...NOTHING } : choice;
  }

  /** Choices of an earlier visit whose persona is gone fall back to none. */
  private present(choices: Record<PaneId, Choice>): Record<PaneId, Choice> {
    const present = { ...choices };
    for (const pane of PANES)
      if (present[pane].persona !== null && !this.gallery.find(present[pane].persona))
        present[pane] = { ...NOTHING };
    return present;
  }
}

/** The address goes on without what it has brought. */
function leaveLink(): void {
  if (linkIn(location.hash) !== null) history.replaceState(null, '', location.pathname + location.search);
}

/** What is wrong with a link, for who follows it: where it is cut, the engine says how it noticed. */
function ofLink(words: string): string {
  return words.includes('the link is damaged')
    ? 'The link in the address is damaged, probably cut short: ask for it again.'
    : words;
}

/** As the engine has it: weight masks carry statistics of a few megabytes; anything larger is no persona. */
const PERSONA_FILE_LIMIT = 16 << 20;

export const [usePlayground, providePlayground] = createContext<Playground>();
