import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { startWorker } from './lib/client';
import { keepPage } from './lib/register';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
// Compiling all this was a task long enough. What is shown is the next one.
setTimeout(() =>
  mount(App, { target, props: { createWorker: startWorker, base: document.baseURI, ready: keepPage } }),
);
