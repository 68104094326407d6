// Uploading stored ciphertext in blocks. What is missing is asked of the server, so a broken connection, a closed lid or another
// day costs only the blocks that had not arrived. A block that fails in passing is sent again with growing pauses.

import { BLOCK } from './sealing/object.js';
import { ApiProblem } from './submission_api.js';

/** @typedef {{part: string, blob: Blob, leaves: string[]}} Stored */
/** @typedef {{ann: string, env: string, key: string}} Named */
/** @typedef {import('./submission_api.js').SubmissionApi} SubmissionApi */
/** @typedef {import('./submission_api.js').Upload} Upload */

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
const AT_ONCE = 2;

/**
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {number[]} [pauses]
 * @returns {Promise<T>}
 */
async function patiently(attempt, pauses = PAUSES_MS) {
  for (const pause of pauses) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiProblem && error.passing)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return attempt();
}

/**
 * @param {SubmissionApi} api
 * @param {string} token
 * @param {Named} named
 * @param {Stored[]} objects
 * @returns {Promise<Upload[]>} one a part
 */
export function openUploads(api, token, named, objects) {
  const parts = objects.map(({ part, blob }) => ({ id: part, size: blob.size }));
  return patiently(() => api.openUploads(token, { ...named, parts }));
}

/**
 * @param {SubmissionApi} api
 * @param {string} token
 * @param {Upload[]} uploads
 * @param {Stored[]} objects
 * @param {(done: number, total: number) => void} [progress] in bytes
 * @param {number[]} [pauses]
 */
export async function uploadMissing(api, token, uploads, objects, progress = () => undefined, pauses = PAUSES_MS) {
  const total = objects.reduce((size, { blob }) => size + blob.size, 0);
  let done = total;
  /** @type {(() => Promise<void>)[]} */
  const work = [];
  for (const { part, blob, leaves } of objects) {
    const upload = uploads.find((candidate) => candidate.part === part);
    if (!upload) throw new ApiProblem(404, { code: 'bidding.upload_unknown' });
    const { block_size: size, missing } = await patiently(() => api.uploadState(token, upload.upload_id), pauses);
    const leavesABlock = size / BLOCK;
    for (const number of missing) {
      const block = blob.slice(number * size, (number + 1) * size);
      done -= block.size;
      work.push(async () => {
        const own = leaves.slice(number * leavesABlock, (number + 1) * leavesABlock);
        await patiently(() => api.putBlock(token, upload.upload_id, number, block, own), pauses);
        progress((done += block.size), total);
      });
    }
  }
  progress(done, total);
  const queue = work.values();
  /** @type {unknown[]} */
  const failures = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const task of queue) {
        // One failure stops the others after the block at hand: nothing goes on in the background of a page that has given up.
        if (failures.length > 0) return;
        await task().catch((error) => failures.push(error));
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
