/** What the panes show as a scene for a link, and a link's scene as this page can show it. */
import type { EngineClient } from './client';
import { choiceOf, type Choice, type Gallery } from './gallery.svelte';
import { percent } from './numbers';
import { PANES, type PaneId, type PersonaInfo } from './protocol';
import { DEFAULTS, type Settings } from './sampling';
import { decode, DIGITS, encode, type Named, type Scene } from './scene';

export interface Stage {
  choices: Record<PaneId, Choice>;
  settings: Settings;
  message: string;
}

/** The fragment that sets this stage elsewhere. Personas that are not the library's go along in it. */
export async function sceneOf(stage: Stage, gallery: Gallery, client: EngineClient): Promise<string> {
  const { choices, settings, message } = stage;
  const panes: Scene['panes'] = { A: null, B: null };
  const own = new Map<string, string>();
  for (const pane of PANES) {
    const { persona, pole, strength } = choices[pane];
    const worn = gallery.find(persona);
    if (!worn) continue;
    const shipped = gallery.shipped(worn);
    if (!shipped && !own.has(worn.key)) own.set(worn.key, (await client.share(worn.key)).replace('#p=', ''));
    const { mask, key, name } = shipped ?? worn;
    panes[pane] = { pole, strength, mask: mask.slice(0, DIGITS), key: key.slice(0, DIGITS), name };
  }
  return encode({ panes, settings, message, personas: [...own.values()] });
}

/** Opens the scene in a fragment, with words for what it is. A persona that can't be had leaves its pane without a mask. */
export async function stageOf(
  fragment: string,
  gallery: Gallery,
  client: EngineClient,
): Promise<Stage & { words: string }> {
  const { panes, settings, message, personas } = decode(fragment);
  let unread = false;
  for (const persona of personas)
    await gallery.add(client, { link: `#p=${persona}` }).catch(() => {
      unread = true;
    });
  const choices = { A: choiceOf(undefined, 'plus'), B: choiceOf(undefined, 'plus') };
  const worn: string[] = [];
  const notes = new Map<string, PaneId[]>();
  for (const pane of PANES) {
    const wanted = panes[pane];
    const { persona, note } = wanted ? found(wanted, gallery, unread) : NOTHING;
    if (note !== '') notes.set(note, [...(notes.get(note) ?? []), pane]);
    if (wanted && persona) {
      const { pole, strength } = wanted;
      choices[pane] = { persona: persona.key, pole, strength };
      worn.push(`${persona.poles[pole].name} at ${percent(strength)} in ${pane}`);
    } else worn.push(`no mask in ${pane}`);
  }
  const sampling = JSON.stringify(settings) !== JSON.stringify(DEFAULTS);
  const words = [
    `The link has set a scene: ${worn.join(', ')}.`,
    sampling ? 'It has settings of its own under Sampling.' : '',
    message === '' ? '' : 'Its message is typed, not sent.',
    ...[...notes].map(
      ([note, of]) => `${note} (${of.length > 1 ? 'panes A and B' : `pane ${of.join('')}`}).`,
    ),
  ];
  return { choices, settings, message, words: words.filter(Boolean).join(' ') };
}

interface Found {
  persona: PersonaInfo | undefined;
  /** What is to be known of it, but for the end of the sentence; empty = nothing. */
  note: string;
}

const NOTHING: Found = { persona: undefined, note: '' };

/** The persona that a link names. Its masks decide: the same ones with other figures write the same replies. */
function found({ mask, key, name }: Named, gallery: Gallery, unread: boolean): Found {
  const alike = gallery.personas.filter((p) => p.mask.startsWith(mask));
  const exact = alike.find((p) => p.key.startsWith(key));
  if (exact) return { persona: exact, note: '' };
  const [same] = alike;
  if (same) {
    // What the visitor has measured of a persona is no news to them.
    const note = gallery.owns(same)
      ? ''
      : `This site has other figures for ${same.name} than the link means, with the same masks`;
    return { persona: same, note };
  }
  const other = gallery.personas.find((p) => p.name === name && gallery.shipped(p));
  if (other)
    return {
      persona: other,
      note: `This site has another version of ${other.name} than the link means, and takes its own`,
    };
  return {
    persona: undefined,
    note: unread
      ? `The link’s persona “${name}” is damaged and is left out`
      : `This site has no persona “${name}”, which is left out`,
  };
}
