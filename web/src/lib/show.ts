/** How a view or a part changes to another view. */
import { createContext } from 'svelte';
import type { ViewId } from '../views';

export const [useShow, provideShow] = createContext<(view: ViewId) => void>();
