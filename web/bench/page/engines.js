/**
 * The engines behind one face, in the page that the benchmark drives: window.bench.
 *
 *   load(setting)  resolves when the engine can reply
 *   calibrate(plus, minus)  of ours alone: makes a persona with its evidence, and tells how long its phases took
 *   reply(prompt, tokens, fresh)  reads the prompt, writes tokens greedily, and tells when the first and the last came
 *
 * A prompt is { system, user, text, tokens }: the same conversation as messages, as text and as token ids. With
 * fresh nothing that was read before may be used again; without, the engine may, so that a deep prompt costs its
 * reading once.
 */
const now = () => performance.now();

/** Our engine: the page's own worker as it was built, spoken to as the page speaks to it. */
class Masque {
  pending = new Map();
  last = 0;

  async load({ worker, base, workers }) {
    this.worker = new Worker(worker, { type: 'module' });
    const started = new Promise((resolve, reject) => {
      this.worker.addEventListener('message', ({ data }) => {
        if (data.type === 'started') resolve(data);
        else if (data.type === 'crashed') reject(new Error(data.message));
        else this.pending.get(data.id)?.(data);
      });
      this.worker.addEventListener('error', (event) => reject(new Error(event.message)));
    });
    this.worker.postMessage({ type: 'boot', variant: 'auto', base, workers });
    const url = `${base}model/manifest.json`;
    const opened = this.ask({ type: 'load', source: { kind: 'manifest', url } }, 'opened', () => {});
    const [{ variant, library }] = await Promise.all([started, opened]);
    this.persona = library[0]?.key;
    return { variant };
  }

  /** Sends a request and hands on its events until one of the given type. */
  ask(request, until, event) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.pending.set(id, (data) => {
        event(data);
        if (data.type === 'failed') reject(new Error(data.message));
        if (data.type === until) resolve(data);
      });
      this.worker.postMessage({ ...request, id });
    }).finally(() => this.pending.delete(id));
  }

  /** With both, the two poles of a persona reply at once; else the plain model does. */
  async reply(prompt, tokens, fresh, both = false) {
    // What was read last is still there: a measurement that is taken again would find its prompt read.
    if (fresh && this.heard === prompt.text)
      await this.reply({ ...prompt, user: 'Hello.', text: '' }, 1, false, both);
    this.heard = prompt.text;
    const messages = [
      { role: 'system', content: prompt.system },
      { role: 'user', content: prompt.user },
    ];
    const pane = { persona: both ? this.persona : null, strength: 1, messages };
    const panes = [{ ...pane, pane: 'A', pole: 'plus' }];
    if (both) panes.push({ ...pane, pane: 'B', pole: 'minus' });
    const sampling = {
      temperature: 0,
      topK: 0,
      topP: 1,
      minP: 0,
      repeatPenalty: 1,
      repeatLast: 0,
      seed: 1,
    };
    const request = { type: 'generate', panes, sampling, maxTokens: tokens, compare: false, family: '' };
    const start = now();
    let first = 0;
    let last = 0;
    let wrote = 0;
    let begun = 0;
    let read = 0;
    await this.ask(request, 'finished', (event) => {
      if (event.type === 'tokens') {
        last = now();
        for (const { index } of event.tokens) wrote = Math.max(wrote, index + 1);
        // Several may come at once: the time runs from the last of the first ones.
        if (!first) [first, begun] = [last, wrote - 1];
      }
      if (event.type === 'end') read = event.prefillTokens;
    });
    return { first: first - start, decode: last - first, wrote: wrote - begun, read };
  }

  /** A persona as the page makes it: when its masks are there, when its evidence is, and how long each phase took. */
  async calibrate(plus, minus) {
    const pole = { name: '', description: '', prompt: '', label: '' };
    const pair = {
      name: 'Benchmark',
      description: '',
      poles: { plus: { ...pole, name: 'Plus' }, minus: { ...pole, name: 'Minus' } },
    };
    const measures = {
      own: true,
      yesNo: false,
      replies: 0,
      shuffled: 0,
      random: 0,
      prompts: false,
      fewShot: false,
      wanda: false,
    };
    const statements = { persona: '', pair, plus, minus, holdout: 0.5, on: '' };
    const order = { ...statements, settings: null, seed: 1, measures, family: '' };
    const phases = {};
    const foretold = await this.ask({ type: 'estimate', ...order }, 'estimated', () => {});
    const estimate = foretold.steps.reduce((sum, step) => sum + (step.seconds ?? 0), 0);
    const start = now();
    let last = start;
    let made = 0;
    await this.ask({ type: 'calibrate', ...order }, 'finished', (event) => {
      if (event.type === 'made') made = (now() - start) / 1000;
      if (event.type !== 'progress') return;
      phases[event.what] = (phases[event.what] ?? 0) + now() - last;
      last = now();
    });
    return { made, seconds: (now() - start) / 1000, estimate, phases };
  }
}

/** wllama 2: llama.cpp driven step by step. */
class Wllama2 {
  async load({ library, model, workers, context }) {
    const { Wllama, LoggerWithoutDebug } = await import(`${library}/esm/index.js`);
    this.wllama = new Wllama(
      {
        'single-thread/wllama.wasm': `${library}/esm/single-thread/wllama.wasm`,
        'multi-thread/wllama.wasm': `${library}/esm/multi-thread/wllama.wasm`,
      },
      { logger: LoggerWithoutDebug, suppressNativeLog: true },
    );
    await this.wllama.loadModelFromUrl(model, { n_threads: workers, n_ctx: context });
    await this.wllama.samplingInit({ temp: 0 });
    const threads = this.wllama.isMultithread() ? this.wllama.getNumThreads() : 1;
    if (threads !== workers)
      throw new Error(`wllama runs ${threads} threads where ${workers} were asked for`);
    return {};
  }

  /** A prompt as tokens: what reply wants. */
  tokenize(text) {
    return this.wllama.tokenize(text, true);
  }

  async reply(prompt, tokens, fresh) {
    const { wllama } = this;
    let ids = prompt.tokens;
    if (!fresh && this.read === prompt.text) {
      // All but the prompt's last token, which is read again for its logits.
      await wllama.kvRemove(ids.length - 1, -1);
      ids = ids.slice(-1);
    } else await wllama.kvClear();
    const start = now();
    await wllama.decode(ids, {});
    let { token } = await wllama.samplingSample();
    const first = now();
    for (let i = 1; i < tokens; i++) {
      await wllama.decode([token], {});
      ({ token } = await wllama.samplingSample());
    }
    this.read = prompt.text;
    return { first: first - start, decode: now() - first, wrote: tokens, read: ids.length };
  }
}

/** wllama 3: llama.cpp's server behind messages. */
class Wllama3 {
  async load({ library, model, workers, context }) {
    const { Wllama, LoggerWithoutDebug } = await import(`${library}/esm/index.js`);
    this.wllama = new Wllama(
      { default: `${library}/esm/wasm/wllama.wasm` },
      { logger: LoggerWithoutDebug, suppressNativeLog: true },
    );
    this.wllama.setCompat(null);
    await this.wllama.loadModelFromUrl(model, {
      n_threads: workers,
      n_ctx: context,
      n_parallel: 1,
      n_gpu_layers: 0,
    });
    const threads = this.wllama.isMultithread() ? this.wllama.getNumThreads() : 1;
    if (threads !== workers)
      throw new Error(`wllama runs ${threads} threads where ${workers} were asked for`);
    return {};
  }

  async reply(prompt, tokens, fresh) {
    const start = now();
    let first = 0;
    let last = 0;
    let wrote = 0;
    let read = 0;
    await this.wllama.createCompletion({
      prompt: prompt.text,
      max_tokens: tokens,
      temperature: 0,
      top_k: 1,
      ignore_eos: true,
      cache_prompt: !fresh,
      stream: true,
      onData: (chunk) => {
        if (chunk.timings) read = chunk.timings.prompt_n;
        if (chunk.choices?.[0]?.finish_reason) return;
        last = now();
        first ||= last;
        wrote++;
      },
    });
    return { first: first - start, decode: last - first, wrote, read };
  }
}

const kinds = { masque: Masque, 'wllama-2': Wllama2, 'wllama-3': Wllama3 };

window.bench = {
  async load(setting) {
    this.engine = new kinds[setting.kind]();
    const start = now();
    const facts = await this.engine.load(setting);
    return { ...facts, ms: now() - start, sinceNavigation: now(), isolated: crossOriginIsolated };
  },
  reply(...args) {
    return this.engine.reply(...args);
  },
  tokenize(text) {
    return this.engine.tokenize(text);
  },
  calibrate(...args) {
    return this.engine.calibrate(...args);
  },
};
