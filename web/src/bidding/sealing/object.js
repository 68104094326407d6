// One part of a bid as one encrypted object. Plaintext = lp(index) ‖ files ‖ zeros; the files are read in 8 MiB blocks,
// encrypted once into a store (OPFS in a browser, a file under Node), and the 1 MiB block hashes of the ciphertext are taken
// on the way, so a 2 GiB part needs a few blocks of memory. A stored object is uploaded as it is: encrypting again would
// give other bytes than those that were signed.

import { concat, equal, hex, lp, unhex, utf8 } from './bytes.js';
import { canonical } from './canonical.js';
import { CHUNK, Encryptor, PREFIX, sealedSize } from './cobblestone.js';
import { blockHash, root } from './merkle.js';
import { padded } from './padding.js';
import { demand } from './refusal.js';
import { arrayOf, hexOf, integer, oneOf, parse, shape, string } from './shape.js';
import { hash, hasher } from './suite.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{name: string, blob: Blob}} PartFile a browser File or a Node fs.openAsBlob, read in slices */
/** @typedef {{write(data: Uint8Array): Promise<void>, close(): Promise<void>}} Sink */
/** @typedef {{root: string, size: number, leaves: string[]}} SealedObject leaves: hex leaf hashes of the 1 MiB blocks */
/** @typedef {(done: number) => void} Progress bytes of work done so far */

export const BLOCK = 1 << 20;
export const READ = 8 << 20;
const INDEX_LIMIT = 1 << 20;

/** @typedef {{name: string, size: number, sha256: string}} IndexEntry */

const indexShape = shape({ v: oneOf('LBF1'), files: arrayOf(shape({ name: string, size: integer(0), sha256: hexOf(32) })) });

/** @param {string} name */
function goodName(name) {
  const size = utf8(name).length;
  return size >= 1 && size <= 255 && name !== '.' && name !== '..' && name.isWellFormed() && !/[/\\\u0000-\u001f\u007f]/.test(name);
}

/** @param {{name: string}[]} files */
function checkNames(files) {
  for (const { name } of files) demand(goodName(name), 'sealing.object.index', { name });
  demand(new Set(files.map((file) => file.name)).size === files.length, 'sealing.object.index');
}

/**
 * @param {Blob} blob
 * @returns {AsyncGenerator<Bytes>} its bytes in blocks
 */
async function* blocks(blob) {
  for (let at = 0; at < blob.size; at += READ) yield new Uint8Array(await blob.slice(at, at + READ).arrayBuffer());
}

/** Cuts ciphertext into 1 MiB blocks, hashes each, and passes it on. */
class BlockSink {
  /** @param {Sink} sink */
  constructor(sink) {
    this.sink = sink;
    this.size = 0;
    /** @type {Promise<Bytes>[]} */
    this.leaves = [];
    /** @type {Bytes} */
    this.rest = new Uint8Array();
  }

  /** @param {Bytes} data */
  async write(data) {
    this.size += data.length;
    await this.sink.write(data);
    const joined = concat(this.rest, data);
    const full = joined.length - (joined.length % BLOCK);
    const hashes = [];
    for (let at = 0; at < full; at += BLOCK) hashes.push(blockHash(joined.subarray(at, at + BLOCK)));
    this.leaves.push(...hashes);
    this.rest = joined.slice(full);
    await Promise.all(hashes);
  }

  /** @returns {Promise<SealedObject>} */
  async finish() {
    if (this.rest.length > 0) this.leaves.push(blockHash(this.rest));
    const leaves = await Promise.all(this.leaves);
    await this.sink.close();
    return { root: hex(root(leaves)), size: this.size, leaves: leaves.map(hex) };
  }
}

/**
 * @param {PartFile[]} files
 * @param {'step' | 'padme'} pad
 * @returns {{entries: number, total: number}} entries: bytes of the files; total: bytes of work (hashing, then encrypting)
 */
export function workOf(files, pad) {
  const entries = files.reduce((size, file) => size + file.blob.size, 0);
  return { entries, total: entries + padded(entries + 4, pad) };
}

/**
 * @param {object} job
 * @param {PartFile[]} job.files
 * @param {'step' | 'padme'} job.pad
 * @param {Uint8Array} job.key CK
 * @param {Uint8Array} job.context
 * @param {Sink} job.sink
 * @param {Uint8Array} [job.salt] given only by test vectors
 * @param {Progress} [job.progress]
 * @returns {Promise<SealedObject>}
 */
export async function sealObject({ files, pad, key, context, sink, salt, progress = () => undefined }) {
  checkNames(files);
  let done = 0;
  /** @type {IndexEntry[]} */
  const entries = [];
  /** Native digests of the blocks as first read, many times faster to compare than the incremental hash. @type {string[]} */
  const seen = [];
  for (const { name, blob } of files) {
    const state = hasher();
    for await (const block of blocks(blob)) {
      state.update(block);
      seen.push(hex(await blockHash(block)));
      progress((done += block.length));
    }
    entries.push({ name, size: blob.size, sha256: hex(state.digest()) });
  }
  const index = canonical({ v: 'LBF1', files: entries });
  demand(index.length <= INDEX_LIMIT, 'sealing.object.index');
  const head = lp(index);
  const length = files.reduce((size, file) => size + file.blob.size, head.length);
  const target = padded(length, pad);

  const encryptor = await Encryptor.start(key, context, salt);
  const out = new BlockSink(sink);
  await out.write(encryptor.prefix);
  await out.write(await encryptor.update(head));
  for (const { name, blob } of files) {
    for await (const block of blocks(blob)) {
      // Read for the second time: had the file been edited in between, the index would promise other bytes than are sealed.
      demand(hex(await blockHash(block)) === seen.shift(), 'sealing.object.changed', { name });
      await out.write(await encryptor.update(block));
      progress((done += block.length));
    }
  }
  for (let left = target - length; left > 0; left -= READ) {
    await out.write(await encryptor.update(new Uint8Array(Math.min(left, READ))));
  }
  await out.write(await encryptor.finish());
  return out.finish();
}

/**
 * @param {number} size of a ciphertext
 * @param {'step' | 'padme'} pad
 * @returns {boolean} whether an honest writer makes this size
 */
export function possibleSize(size, pad) {
  const body = size - PREFIX;
  const chunks = Math.floor(body / (CHUNK + 16));
  const plain = body - (chunks + 1) * 16;
  return plain >= 4 && sealedSize(plain) === size && padded(plain, pad) === plain;
}

/**
 * @param {Uint8Array} plaintext of an opened object
 * @param {'step' | 'padme'} pad
 * @returns {{name: string, data: Uint8Array}[]} the files; every size, hash, name and the padding checked
 */
export function readPlaintext(plaintext, pad) {
  demand(plaintext.length >= 4, 'sealing.object.index');
  const indexSize = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0);
  demand(indexSize <= INDEX_LIMIT && 4 + indexSize <= plaintext.length, 'sealing.object.index');
  /** @type {{files: IndexEntry[]}} */
  const { files } = parse(plaintext.subarray(4, 4 + indexSize), indexShape, 'sealing.object.index');
  checkNames(files);
  let at = 4 + indexSize;
  const found = files.map(({ name, size, sha256 }) => {
    const data = plaintext.subarray(at, at + size);
    at += size;
    demand(data.length === size && hex(hash(data)) === sha256, 'sealing.object.file', { name });
    return { name, data };
  });
  const zeros = plaintext.subarray(at);
  demand(plaintext.length === padded(at, pad) && equal(zeros, new Uint8Array(zeros.length)), 'sealing.object.padding');
  return found;
}

/**
 * @param {string} ann
 * @param {string} env
 * @param {string} part
 * @returns {Bytes}
 */
export function objectContext(ann, env, part) {
  return lp('LBE1/obj', unhex(ann), unhex(env), part);
}
