/** The origin private file system as a store of parts: sync access handles, which only a worker has. */
import type { PartFile, PartStore } from './modelstore';

const FOLDER = 'masque-model';
const MANIFEST = 'manifest.json';

/** null where the browser has none or forbids it (some private modes). */
export async function openStore(): Promise<OpfsStore | null> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    return new OpfsStore(folder);
  } catch {
    return null;
  }
}

export async function evictStore(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  try {
    await root.removeEntry(FOLDER, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === 'NotFoundError')) throw cause;
  }
}

export class OpfsStore implements PartStore {
  constructor(private readonly folder: FileSystemDirectoryHandle) {}

  async open(name: string): Promise<PartFile> {
    const file = await this.folder.getFileHandle(name, { create: true });
    return new OpfsFile(await file.createSyncAccessHandle());
  }

  async sizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for await (const [name, handle] of this.folder.entries()) {
      if (handle.kind === 'file' && name !== MANIFEST) sizes.set(name, (await handle.getFile()).size);
    }
    return sizes;
  }

  async remove(name: string): Promise<void> {
    await this.folder.removeEntry(name);
  }

  /** The manifest of an earlier load, for a visit without a network. */
  async manifest(): Promise<string | null> {
    try {
      const handle = await this.folder.getFileHandle(MANIFEST);
      return await (await handle.getFile()).text();
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
