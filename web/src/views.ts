/** The page's views, in the order of their tabs. */
import type { Component } from 'svelte';
import { later } from './lib/later';
import { loadStage } from './lib/links';
import { loadRichText } from './lib/richtext.svelte';
import Playground from './views/Playground.svelte';

export type ViewId = 'playground' | 'calibrate' | 'lab' | 'how-it-works';

export interface View {
  id: ViewId;
  title: string;
  /** Fills the window instead of scrolling with it. */
  fills: boolean;
  /** The Playground is there at once; the others are fetched when they are opened, or when the model is there. */
  load: () => Component | Promise<Component>;
}

export const views: readonly [View, ...View[]] = [
  { id: 'playground', title: 'Playground', fills: true, load: () => Playground },
  fetched('calibrate', 'Calibrate', () => import('./views/Calibrate.svelte')),
  fetched('lab', 'Lab', () => import('./views/Lab.svelte')),
  fetched('how-it-works', 'How it works', () => import('./views/HowItWorks.svelte')),
];

/** The view that an address's fragment names, as `fragmentOf` writes it. */
export function viewIn(fragment: string): ViewId | null {
  return views.find(({ id }) => fragment === fragmentOf(id))?.id ?? null;
}

/** The Playground is what an address without a fragment shows. */
export function fragmentOf(id: ViewId): string {
  return id === 'playground' ? '' : `#${id}`;
}

/** Fetches all that is still to be fetched: a view may be opened without a network later. */
export async function loadRest(): Promise<void> {
  await Promise.allSettled([loadRichText(), loadStage(), ...views.map((view) => view.load())]);
}

/** Once it has been fetched such a view is there at once; a failed fetch is tried again. */
function fetched(id: ViewId, title: string, fetch: () => Promise<{ default: Component }>): View {
  let view: Component | null = null;
  const load: View['load'] = () => view ?? later(title, fetch).then((module) => (view = module.default));
  return { id, title, fills: false, load };
}
