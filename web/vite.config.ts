import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** The server's header says the same; this holds where a static host sends none. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** As `masque serve` sends them. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** In development Vite injects styles that the policy forbids, so it stands in the built page alone. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'masque:content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/**
 * Almost all functions of what is fetched first are called at once. Told so, V8 compiles them while the file arrives,
 * beside the main thread; else that compiles 500 of them, one by one, while it builds the page.
 */
function compiledAsFetched(): Plugin {
  return {
    name: 'masque:compiled-as-fetched',
    apply: 'build',
    generateBundle: {
      order: 'post', // Vite itself writes to the top of a file
      handler(_, bundle) {
        for (const file of Object.values(bundle))
          if (file.type === 'chunk' && ['index', 'disclose-version'].includes(file.name))
            file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      },
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte(), contentSecurityPolicy(), compiledAsFetched()],
  worker: { format: 'es' },
  // The library's statements stand outside of this folder.
  server: { headers: ISOLATION, fs: { allow: ['..'] } },
  preview: { headers: ISOLATION },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: 'index.html', sw: 'src/lib/offline/sw.ts' },
      output: {
        // A service worker's address is its identity.
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
