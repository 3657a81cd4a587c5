import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { managedSource } from '../../../orchestrator/kernel/managed-source.js';
import { sourceDir, type SourceRecord } from '../../../orchestrator/kernel/source-store.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/managed-source');
const PATH = process.env['PATH'] ?? '';

function store(packageVersion: string, hasFeature: boolean): SourceRecord {
  const series = packageVersion.split('.').slice(0, 2).join('.');
  const record: SourceRecord = {
    package: `linux-source-${series}`,
    packageVersion,
    version: packageVersion.split('-')[0] ?? '',
    head: 'a'.repeat(40),
    tag: 't',
    hasFeature,
    suite: 'sid',
  };
  mkdirSync(sourceDir(record.package, packageVersion), { recursive: true });
  writeFileSync(join(sourceDir(record.package, packageVersion), 'source.json'), JSON.stringify(record));
  return record;
}

/** Programs of apt that fail as without a network, first in PATH. */
function offline(): void {
  const bin = scratchDir('bin');
  const programs = {
    'apt-config': 'exit 0',
    'apt-get': 'echo "E: Failed to fetch http://m/debian: could not resolve" >&2; exit 100',
    'apt-cache': 'exit 0',
  };
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  process.env['PATH'] = `${bin}:${PATH}`;
}

const said: string[] = [];
const progress = (text: string): void => void said.push(text);

test.before.each(() => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
  said.length = 0;
  offline();
});
test.after.each(() => {
  process.env['PATH'] = PATH;
});

test('what is in the cache costs no network', async () => {
  store('7.3.4-1', true);
  store('6.12.9-1', false);
  assert.match(
    (await managedSource({ want: '7.3', progress })).origin,
    /^Debian linux-source-7\.3 7\.3\.4-1 from sid$/,
  );
  assert.is((await managedSource({ want: '6.12', progress })).version, '6.12.9');
  assert.is((await managedSource({ progress })).version, '7.3.4');
  assert.equal(said, []);
});

test('without a network the newest in the cache with the feature stands in, and says so', async () => {
  store('7.2.13-1', true);
  store('7.4.1-1', false);
  const source = await managedSource({ want: '7.3', progress });
  assert.is(source.version, '7.2.13');
  assert.match(source.origin, /already in the cache; found no linux-source package/);
});

test('nothing in the cache and no network: infra, with the words of apt', async () => {
  for (const exact of [false, true]) {
    try {
      await managedSource({ want: '7.3', exact, progress });
      assert.unreachable();
    } catch (error) {
      assert.is((error as CiError).fault, 'infra');
      assert.match((error as CiError).details.detail ?? '', /could not resolve/);
      assert.match((error as CiError).details.remedy ?? '', /--tree DIR/);
    }
  }
});

test.run();
