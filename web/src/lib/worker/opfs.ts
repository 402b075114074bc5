/** The origin private file system as a store of parts: sync access handles, which only a worker has. */
import type { PartFile, PartStore } from './modelstore';

const FOLDER = 'masque-model';
const MANIFEST = 'manifest.json';

/**
 * Handles that have been asked for something. Chromium (156) forgets its answer when the handle is collected meanwhile:
 * the promise then never settles, and a load would stand still for ever.
 */
const asked = new Set<FileSystemHandle>();

/** What a handle is asked for, with the handle kept until the answer is there. */
async function ask<H extends FileSystemHandle, T>(handle: H, what: (handle: H) => Promise<T>): Promise<T> {
  asked.add(handle);
  try {
    return await what(handle);
  } finally {
    asked.delete(handle);
  }
}

/** null where the browser has none or forbids it (some private modes). */
export async function openStore(): Promise<OpfsStore | null> {
  try {
    const root = await navigator.storage.getDirectory();
    return new OpfsStore(await ask(root, (r) => r.getDirectoryHandle(FOLDER, { create: true })));
  } catch {
    return null;
  }
}

export async function evictStore(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  try {
    await ask(root, (r) => r.removeEntry(FOLDER, { recursive: true }));
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === 'NotFoundError')) throw cause;
  }
}

export class OpfsStore implements PartStore {
  constructor(private readonly folder: FileSystemDirectoryHandle) {}

  async open(name: string): Promise<PartFile> {
    const file = await ask(this.folder, (f) => f.getFileHandle(name, { create: true }));
    return new OpfsFile(await ask(file, (f) => f.createSyncAccessHandle()));
  }

  async sizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    const list = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const [name, handle] of folder.entries())
        if (handle.kind === 'file' && name !== MANIFEST)
          sizes.set(name, (await ask(handle, (file) => file.getFile())).size);
    };
    await ask(this.folder, list);
    return sizes;
  }

  async remove(name: string): Promise<void> {
    await ask(this.folder, (folder) => folder.removeEntry(name));
  }

  /** The manifest of an earlier load, for a visit without a network. */
  async manifest(): Promise<string | null> {
    try {
      const handle = await ask(this.folder, (folder) => folder.getFileHandle(MANIFEST));
      return await (await ask(handle, (file) => file.getFile())).text();
    } catch {
      return null;
    }
  }

  async keepManifest(json: string): Promise<void> {
    const file = await this.open(MANIFEST);
    try {
      file.truncate(0);
      file.write(new TextEncoder().encode(json), 0);
      file.flush();
    } finally {
      file.close();
    }
  }
}

class OpfsFile implements PartFile {
  constructor(private readonly handle: FileSystemSyncAccessHandle) {}

  size(): number {
    return this.handle.getSize();
  }

  read(into: Uint8Array<ArrayBuffer>, at: number): number {
    return this.handle.read(into, { at });
  }

  write(bytes: Uint8Array<ArrayBuffer>, at: number): void {
    const written = this.handle.write(bytes, { at });
    // Chromium throws on a full disk; the standard also allows a short write.
    if (written < bytes.length) throw new DOMException('no room', 'QuotaExceededError');
  }

  truncate(size: number): void {
    this.handle.truncate(size);
  }

  flush(): void {
    this.handle.flush();
  }

  close(): void {
    this.handle.close();
  }
}
