import { defineConfig } from 'vitest/config';

// The page as it ships, with the real model, in a real browser. One file at a time: a model and its engine take most
// of a small machine.
export default defineConfig({
  test: {
    name: 'browser',
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: 'tests/browser/serve.ts',
    fileParallelism: false,
    // A browser on a machine that is busy with something else stalls now and then; a retry is printed as one.
    retry: 1,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
