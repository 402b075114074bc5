import { mount } from 'svelte';
import '../../src/app.css';
import App from '../../src/App.svelte';
import { ScriptedWorker } from './scripted';

const target = document.getElementById('app');
if (!target) throw new Error('no #app');
const bytesAStep = Number(new URLSearchParams(location.search).get('step') ?? 20e6);
mount(App, {
  target,
  props: { createWorker: () => new ScriptedWorker({ bytesAStep }), base: document.baseURI },
});
