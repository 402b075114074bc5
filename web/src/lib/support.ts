/** What this browser can do for the engine, in sentences, before anything large is fetched. */
import { relaxedSimd, simd } from 'wasm-feature-detect';
import { megabytes } from './numbers';

export interface Finding {
  verdict: 'yes' | 'note' | 'no';
  text: string;
}

export interface Support {
  /** False when a finding says no. */
  usable: boolean;
  findings: Finding[];
}

/** Memory the loaded model takes, as a multiple of its file: re-laid weights, two conversations, the program. */
const MEMORY_FACTOR = 3;
const WASM_PAGE = 65536;

interface Device extends Navigator {
  /** Gigabytes, rounded by the browser to at most 8 or 32. Chromium only. */
  readonly deviceMemory?: number;
  readonly connection?: { readonly saveData?: boolean };
}

export async function examine(modelBytes: number, keeps: boolean): Promise<Support> {
  const findings = [await computing(), memory(modelBytes), await storage(modelBytes, keeps)];
  return { usable: findings.every((f) => f.verdict !== 'no'), findings };
}

async function computing(): Promise<Finding> {
  if (typeof WebAssembly === 'undefined' || !(await simd()))
    return {
      verdict: 'no',
      text: 'This browser has no WebAssembly SIMD, which the engine needs. Chrome or Edge 91, Firefox 89, Safari 16.4 and newer have it.',
    };
  if (await relaxedSimd())
    return { verdict: 'yes', text: 'This browser has the fast arithmetic (relaxed SIMD).' };
  return {
    verdict: 'note',
    text: 'This browser lacks relaxed SIMD: the engine runs more slowly.',
  };
}

function memory(modelBytes: number): Finding {
  const need = modelBytes * MEMORY_FACTOR;
  const about = `about ${megabytes(Math.ceil(need / 1e7) * 1e7)} of memory`;
  if (!canReserve(need))
    return { verdict: 'no', text: `The engine needs ${about}, which this browser refuses.` };
  const device = (navigator as Device).deviceMemory;
  if (device !== undefined && device * 1e9 < 2 * need)
    return {
      verdict: 'note',
      text: `The engine needs ${about}; this device has ${device} GB in all, so it may not fit.`,
    };
  return { verdict: 'yes', text: `There is room for ${about}.` };
}

/** Asks for the address range only: the system lends no memory until it is written to. */
function canReserve(bytes: number): boolean {
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE) }).buffer.byteLength >= bytes;
  } catch {
    return false;
  }
}

async function storage(modelBytes: number, keeps: boolean): Promise<Finding> {
  if (!keeps)
    return {
      verdict: 'note',
      text: 'This browser keeps no files for this page: the model is downloaded at each visit.',
    };
  const { quota, usage } = await navigator.storage.estimate();
  if (quota !== undefined && quota - (usage ?? 0) < modelBytes)
    return {
      verdict: 'note',
      text: 'This browser has too little room to keep the model: it is downloaded at each visit.',
    };
  return {
    verdict: 'yes',
    text: 'The model is kept in this browser: the next visit needs no download, not even a network.',
  };
}

/**
 * Whether loading may begin unasked: from this very machine, or when nothing is left to fetch. A visitor who saves
 * data is asked even then, unless all is stored.
 */
export function startsByItself(host: string, stored: number, size: number, saveData = savesData()): boolean {
  if (stored >= size) return true;
  return isLoopback(host) && !saveData;
}

export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}

function savesData(): boolean {
  return (navigator as Device).connection?.saveData === true;
}
