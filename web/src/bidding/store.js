// Where a sealed bid waits in the browser: the origin's private file system. One folder a bid holds the ciphertext as it was signed,
// envelope, recovery file and how far the upload has come, so a closed page goes on where it was and never encrypts twice.
// Nothing in it is readable without the bidder's passphrase or the trustees.

/**
 * @typedef {object} BidState
 * @property {string} lot
 * @property {string} env
 * @property {string} ann
 * @property {string} key
 * @property {string} digest
 * @property {string | null} prev digest of the envelope it replaces
 * @property {Record<string, string[]>} leaves by part
 * @property {boolean} kept the recovery file was saved by the bidder
 * @property {string | null} token
 * @property {import('./sealing/signed.js').Signed | null} receipt
 * @property {string | null} proof
 */

const ROOT = 'sealed-bids';

/** @returns {boolean} whether this browser can keep files of its own */
export function canStore() {
  return typeof navigator.storage?.getDirectory === 'function' && typeof FileSystemFileHandle === 'function' && 'createWritable' in FileSystemFileHandle.prototype;
}

/**
 * @param {number} bytes wanted
 * @returns {Promise<boolean>} whether they fit; asks to be kept when space gets short
 */
export async function hasRoom(bytes) {
  await navigator.storage.persist?.();
  const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
  return quota - usage > bytes * 1.05;
}

/** The folder of one bid. */
export class BidFolder {
  /**
   * @param {FileSystemDirectoryHandle} handle
   */
  constructor(handle) {
    this.handle = handle;
  }

  /** @param {string} name under which it is kept on this machine */
  static async create(name) {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
    return new BidFolder(await root.getDirectoryHandle(name, { create: true }));
  }

  /**
   * @param {string} lot
   * @returns {Promise<{folder: BidFolder, state: BidState}[]>} complete bids of this lot; half-sealed folders are removed
   */
  static async of(lot) {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
    const found = [];
    for await (const [name, handle] of root.entries()) {
      if (handle.kind !== 'directory') continue;
      const folder = new BidFolder(/** @type {FileSystemDirectoryHandle} */ (handle));
      const state = await folder.read();
      // Another tab may be sealing right now, into a folder without a state: leave what is younger than a day.
      if (state === null && Date.now() - Number(name) > 86_400_000) await root.removeEntry(name, { recursive: true });
      if (state?.lot === lot) found.push({ folder, state });
    }
    return found;
  }

  /**
   * @param {string} name
   * @returns {Promise<import('./sealing/object.js').Sink>}
   */
  async sink(name) {
    const file = await this.handle.getFileHandle(name, { create: true });
    const out = await file.createWritable();
    return {
      write: (data) => out.write(/** @type {import('./sealing/bytes.js').Bytes} */ (data)),
      close: () => out.close(),
    };
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  async write(name, text) {
    const out = await (await this.handle.getFileHandle(name, { create: true })).createWritable();
    await out.write(text);
    await out.close();
  }

  /**
   * @param {string} name
   * @returns {Promise<File>}
   */
  async file(name) {
    return (await this.handle.getFileHandle(name)).getFile();
  }

  /** @returns {Promise<BidState | null>} */
  async read() {
    try {
      return JSON.parse(await (await this.file('state.json')).text());
    } catch {
      return null;
    }
  }

  /** @param {BidState} state */
  save(state) {
    return this.write('state.json', JSON.stringify(state));
  }

  /**
   * @param {BidState} state
   * @returns {Promise<import('./upload.js').Stored[]>}
   */
  stored(state) {
    return Promise.all(
      Object.entries(state.leaves).map(async ([part, leaves]) => ({ part, leaves, blob: await this.file(`${part}.obj`) })),
    );
  }

  /** Removes the whole bid from this machine. */
  async remove() {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT);
    await root.removeEntry(this.handle.name, { recursive: true });
  }

  /** @param {BidState} state of a bid that is proved sealed: its ciphertext need not stay here */
  async dropObjects(state) {
    for (const part of Object.keys(state.leaves)) {
      await this.handle.removeEntry(`${part}.obj`).catch(() => undefined);
    }
  }
}
