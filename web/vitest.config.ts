import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As for the page: what is compiled for a server has no effects.
  plugins: [svelte({ dynamicCompileOptions: () => ({ generate: 'client' }) })],
  // The stores as the page has them, not as a server would render them.
  resolve: { conditions: ['browser'] },
  test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], environment: 'node' },
});
