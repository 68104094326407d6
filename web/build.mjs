// Builds the browser bundles into trading/web/static/dist/: hashed files, manifest.json, licences of what is bundled.
// The same source gives the same bytes (tested), so a bidder can compare the hash of what he was served with a build of his own.

import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const OUT = path.join(HERE, '..', 'trading', 'web', 'static', 'dist');

/** Bundle name → entry. `main` is on every page, `seal` only where bids are sealed, `keys` where a person makes his key,
 * `party` where a party of a draw commits and reveals, `draw_check` where anyone checks one, `sign` where those present sign the record. */
const ENTRIES = { draw_check: 'src/experts/check_page.js', keys: 'src/parties/keys_page.js', party: 'src/experts/party_page.js', main: 'src/web/main.js', seal: 'src/bidding/seal_page.js', sign: 'src/bidding/sign_record.js' };

/** @returns {Promise<string>} the licence texts of the packages whose code is in the bundles */
async function licences() {
  const { dependencies } = JSON.parse(await readFile(path.join(HERE, 'package.json'), 'utf8'));
  const texts = [];
  for (const name of [...Object.keys(dependencies), '@hpke/common'].sort()) {
    const folder = path.join(HERE, 'node_modules', name);
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`no licence text in ${name}`);
    texts.push(`== ${name} ==\n\n${(await readFile(path.join(folder, file), 'utf8')).trim()}\n`);
  }
  return texts.join('\n');
}

/**
 * @param {string} out folder to fill; what is in it before is replaced whole
 * @returns {Promise<{manifest: Record<string, string>, sizes: Record<string, {bytes: number, gzip: number}>}>}
 */
export async function bundle(out) {
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: ENTRIES,
    outdir: 'dist',
    entryNames: '[name]-[hash]',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022'],
    charset: 'utf8',
    sourcemap: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  /** @type {Record<string, string>} */
  const manifest = {};
  /** @type {Record<string, {bytes: number, gzip: number}>} */
  const sizes = {};
  const fresh = `${out}.new-${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  for (const file of result.outputFiles) {
    const name = path.basename(file.path);
    const logical = name.replace(/-[0-9A-Z]+\.js$/, '.js');
    manifest[logical] = name;
    sizes[logical] = { bytes: file.contents.length, gzip: gzipSync(file.contents, { level: 9 }).length };
    await writeFile(path.join(fresh, name), file.contents);
  }
  const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(path.join(fresh, 'LICENSES.txt'), await licences());
  await writeFile(path.join(fresh, 'manifest.json'), `${JSON.stringify(sorted, null, 2)}\n`);
  await rm(out, { recursive: true, force: true });
  await rename(fresh, out);
  return { manifest: sorted, sizes };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { manifest, sizes } = await bundle(process.argv[2] ? path.resolve(process.argv[2]) : OUT);
  for (const [logical, name] of Object.entries(manifest)) {
    const size = sizes[logical];
    if (size) console.log(`${name.padEnd(24)} ${(size.bytes / 1000).toFixed(1)} kB, gzip ${(size.gzip / 1000).toFixed(1)} kB`);
  }
}
