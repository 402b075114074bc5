/** The page's views, in the order of their tabs. */
import type { Component } from 'svelte';
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
  { id: 'calibrate', title: 'Calibrate', fills: false, load: once(() => import('./views/Calibrate.svelte')) },
  { id: 'lab', title: 'Lab', fills: false, load: once(() => import('./views/Lab.svelte')) },
  {
    id: 'how-it-works',
    title: 'How it works',
    fills: false,
    load: once(() => import('./views/HowItWorks.svelte')),
  },
];

/** Fetches all that is still to be fetched: a view may be opened without a network later. */
export async function loadRest(): Promise<void> {
  await Promise.allSettled([loadRichText(), ...views.map((view) => view.load())]);
}

/** Once it has been fetched a view is there at once; a failed fetch is tried again. */
function once(fetch: () => Promise<{ default: Component }>): View['load'] {
  let view: Component | null = null;
  return () => view ?? fetch().then((module) => (view = module.default));
}
