/** The page's views, in the order of their tabs. */
import type { Component } from 'svelte';
import Calibrate from './views/Calibrate.svelte';
import HowItWorks from './views/HowItWorks.svelte';
import Lab from './views/Lab.svelte';
import Playground from './views/Playground.svelte';

export type ViewId = 'playground' | 'calibrate' | 'lab' | 'how-it-works';

export interface View {
  id: ViewId;
  title: string;
  component: Component;
  /** Fills the window instead of scrolling with it. */
  fills: boolean;
}

export const views: readonly [View, ...View[]] = [
  { id: 'playground', title: 'Playground', component: Playground, fills: true },
  { id: 'calibrate', title: 'Calibrate', component: Calibrate, fills: false },
  { id: 'lab', title: 'Lab', component: Lab, fills: false },
  { id: 'how-it-works', title: 'How it works', component: HowItWorks, fills: false },
];
