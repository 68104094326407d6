import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { bundle } from '../../build.mjs';

test('the same source gives the same bytes, within the first visit’s budget, free of maps and eval', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bundle-'));
  try {
    const first = await bundle(path.join(folder, 'a'));
    const second = await bundle(path.join(folder, 'b'));
    assert.deepEqual(first, second);
    assert.deepEqual(Object.keys(first.manifest), ['draw_check.js', 'keys.js', 'main.js', 'party.js', 'seal.js', 'sign.js']);
    const names = await readdir(path.join(folder, 'a'));
    assert.deepEqual(names.sort(), ['LICENSES.txt', 'manifest.json', ...Object.values(first.manifest)].sort());
    for (const name of names) {
      const [a, b] = await Promise.all(['a', 'b'].map((run) => readFile(path.join(folder, run, name))));
      assert.ok(a && b && a.equals(b), name);
      assert.ok(!a.includes('sourceMappingURL'), name);
    }
    // 120 kB for script, style and page together: script may have half. Every page loads `main`, and one more at most.
    const { 'main.js': main, ...others } = first.sizes;
    assert.ok(main);
    const scripts = main.gzip + Math.max(...Object.values(others).map(({ gzip }) => gzip));
    assert.ok(scripts < 60_000, `${scripts} bytes`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
