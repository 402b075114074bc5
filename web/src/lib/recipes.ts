/** What the settings of a recipe are called, what they do, and between what they may be. */
import type { ModelInfo, Recipe } from './protocol';

export interface Parameter {
  key: 'n' | 'own' | 'kappa' | 'ridge' | 'rho' | 'lambda' | 'tau' | 'gamma';
  label: string;
  hint: string;
  min: number;
  max: number;
  step: number;
}

/** A recipe's own parameters, with their symbols and what they do; the bounds are the engine's, where it has any. */
const PARAMETERS: readonly Parameter[] = [
  {
    key: 'n',
    label: 'Units closed (n)',
    hint: 'of each pole; more is stronger and dearer',
    min: 1,
    max: 1e5,
    step: 1,
  },
  {
    key: 'own',
    label: 'Own tokens',
    hint: '1 scores units where the statements’ own tokens are predicted; 0 at the question’s as well, in twice the time',
    min: 0,
    max: 1,
    step: 1,
  },
  {
    key: 'kappa',
    label: 'Guard (κ)',
    hint: 'spares units that ordinary text needs',
    min: 0,
    max: 100,
    step: 0.1,
  },
  {
    key: 'ridge',
    label: 'Ridge',
    hint: 'less spares units that vary within a pole; 0 scores by the mean alone',
    min: 0,
    max: 1e6,
    step: 0.1,
  },
  {
    key: 'rho',
    label: 'Pruned share (ρ)',
    hint: 'of the weights of each row',
    min: 0,
    max: 0.99,
    step: 0.05,
  },
  { key: 'lambda', label: 'Tilt (λ)', hint: '0 = plain Wanda', min: 0, max: 40, step: 0.1 },
  { key: 'tau', label: 'Softness (τ)', hint: 'of the contrast', min: 0.01, max: 100, step: 0.01 },
  {
    key: 'gamma',
    label: 'What is left open (γ)',
    hint: '0 closes wholly, 1 is the plain model',
    min: 0,
    max: 1,
    step: 0.05,
  },
];

export const RECIPES: Record<string, string> = {
  units: 'Units: closes channels (small, fits a link)',
  tilt: 'Tilt: prunes weights, tilted to one pole',
  wanda: 'Wanda: prunes weights, knows no contrast',
  'contrastive-wanda': 'Contrastive Wanda: prunes weights by contrast',
  'contrastive-sparse': "Contrastive sparse: each weight to one pole's mask",
};

const SCOPES: Record<'units' | 'weights', Record<string, string>> = {
  units: { channels: 'Attention channels', neurons: 'FFN neurons', both: 'Both' },
  weights: { all: 'All matrices', attention: 'Attention', mlp: 'Feed-forward' },
};

export function scopesOf(recipe: Recipe): Record<string, string> {
  return SCOPES[recipe.recipe === 'units' ? 'units' : 'weights'];
}

/** Steps of n that look alike: each about 1.4 times the one before. */
const STEPS = [5, 10, 20, 30, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1100, 1600, 2200, 3200, 4800];

/** The steps of n that the scope and the layers have units for. */
export function stepsOf(
  { scope, layers: [first = 0, last = 0] }: Recipe,
  { channels, ffn }: Units,
): number[] {
  const most = (last - first + 1) * ((scope === 'neurons' ? 0 : channels) + (scope === 'channels' ? 0 : ffn));
  return STEPS.filter((n) => n <= most);
}

type Units = Pick<ModelInfo, 'channels' | 'ffn'>;

/** The change of scope or layers, with n one that there are units for. */
export function within(settings: Recipe, change: Partial<Recipe>, model: Units): Recipe {
  const changed = { ...settings, ...change };
  const most = stepsOf(changed, model).at(-1);
  if (changed.n !== null && most !== undefined && changed.n > most) changed.n = most;
  return changed;
}

/** The parameter with this key. */
export function parameter(key: Parameter['key']): Parameter {
  const found = PARAMETERS.find((p) => p.key === key);
  if (!found) throw new Error(`there is no parameter ${key}`);
  return found;
}

/** Takes a number that was typed, within its bounds; the field shows what was taken. */
export function typed(
  { min, max, step }: Pick<Parameter, 'min' | 'max' | 'step'>,
  was: number,
  take: (n: number) => void,
): (event: Event & { currentTarget: HTMLInputElement }) => void {
  return ({ currentTarget: field }) => {
    const n = field.valueAsNumber;
    const next = Number.isFinite(n) ? Math.min(max, Math.max(min, step === 1 ? Math.round(n) : n)) : was;
    take(next);
    field.value = String(next);
  };
}

/** The parameters that a recipe has a use for. Those of units that are 0 may have been left out. */
export function parametersOf(recipe: Recipe): readonly Parameter[] {
  const units = recipe.recipe === 'units';
  return PARAMETERS.filter(
    ({ key }) => recipe[key] !== null || (units && (key === 'own' || key === 'kappa' || key === 'ridge')),
  );
}
