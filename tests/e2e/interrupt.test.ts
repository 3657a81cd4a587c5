import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness/suite.js';
import { ci, scratch } from './support/cli.js';
import type { CliResult } from './support/cli.js';
import { processesWith, survivors } from './support/processes.js';

const MINUTE = 60_000;
const test = suite('e2e: stopped in the middle', { timeoutMs: 10 * MINUTE, fileTimeoutMs: 25 * MINUTE });

const dir = scratch('interrupt');
let serial = 0;

/** A series nobody has built before, so that a compiler has work to do; and a mark that every child carries. */
function fresh(): { series: string; env: Record<string, string>; mark: string } {
  const nonce = randomBytes(6).toString('hex');
  serial += 1;
  const series = path.join(dir, `s${serial}.mbox`);
  writeFileSync(
    series,
    [
      'From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001',
      'From: zone-device-ci <zone-device-ci@localhost>',
      'Date: Mon, 19 Jan 2026 06:00:05 +0000',
      `Subject: [PATCH] mm/zone_device: Say ${nonce}`,
      '',
      'Signed-off-by: zone-device-ci <zone-device-ci@localhost>',
      '---',
      'diff --git a/mm/zd_nonce.h b/mm/zd_nonce.h',
      'new file mode 100644',
      '--- /dev/null',
      '+++ b/mm/zd_nonce.h',
      '@@ -0,0 +1 @@',
      `+#define ZD_NONCE "${nonce}"`,
      '',
    ].join('\n'),
  );
  return { series, env: { CI_E2E_MARK: nonce }, mark: `CI_E2E_MARK=${nonce}` };
}

async function stopWhen(
  seen: (talk: string, mark: string) => boolean,
  signal: NodeJS.Signals,
  more: readonly string[] = [],
): Promise<{ result: CliResult; mark: string; hit: boolean }> {
  const { series, env, mark } = fresh();
  let hit = false;
  const out = path.join(dir, `out-${serial}`);
  const result = await ci(['run', series, '--suite', 'mixed-order', '--fresh', '--out', out, ...more], {
    env,
    onTalk: (talk, kill) => {
      if (hit || !seen(talk, mark)) return;
      hit = true;
      kill(signal);
    },
  });
  return { result, mark, hit };
}

const phases: readonly (readonly [string, (talk: string) => boolean])[] = [
  ['reading the series', (talk) => talk.includes('Series')],
  ['a build', (talk) => /1\/1 .*: building/.test(talk)],
  ['the tests', (talk) => /base: .*; testing/.test(talk)],
];
for (const [name, seen] of phases) {
  test(`Ctrl-C during ${name}: 130, and nothing runs on`, async () => {
    const { result, mark, hit } = await stopWhen(seen, 'SIGINT');
    assert.ok(hit, `never came to ${name}:\n${result.stderr}`);
    assert.is(result.code, 130, result.stderr);
    assert.equal(await survivors(mark, 2000), []);
  });
}

test('Ctrl-C while the source is fetched: 130, and nothing runs on', async () => {
  const { env, mark } = fresh();
  let hit = false;
  const result = await ci(['run', 'tests/series/reinit-lost.mbox'], {
    env: { ...env, CI_CACHE_DIR: path.join(dir, 'empty-cache') },
    onTalk: (talk, kill) => {
      if (hit || !talk.includes('Source: ')) return;
      hit = true;
      kill('SIGINT');
    },
  });
  assert.ok(hit, result.stderr);
  assert.is(result.code, 130, result.stderr);
  assert.equal(await survivors(mark, 2000), []);
});

test('SIGTERM: 143', async () => {
  const { result, mark } = await stopWhen((talk) => /base: .*; testing/.test(talk), 'SIGTERM');
  assert.is(result.code, 143, result.stderr);
  assert.equal(await survivors(mark, 2000), []);
});

test('SIGKILL while guests run: they die with us, and the next run reclaims and works', async () => {
  let guests = 0;
  const { result, mark } = await stopWhen((talk, own) => {
    guests = processesWith(own).filter(({ command }) => command.includes('qemu-system')).length;
    return /base: .*; testing/.test(talk) && guests > 0;
  }, 'SIGKILL');
  assert.is(result.signal, 'SIGKILL');
  assert.ok(guests > 0);
  assert.equal(await survivors(mark, 5000), []);
  const again = await ci(['doctor']);
  assert.is(again.code, 0, again.stderr);
});

test('SIGKILL while a kernel is built: make and the compilers die with us, and the next run builds', async () => {
  let makes = 0;
  const { result, mark } = await stopWhen((talk, own) => {
    makes = processesWith(own).filter(({ command }) => /^(\S*\/)?make /.test(command)).length;
    return /1\/1 .*: building/.test(talk) && makes > 0;
  }, 'SIGKILL');
  assert.is(result.signal, 'SIGKILL');
  assert.ok(makes > 0);
  assert.equal(await survivors(mark, 5000), []);
  const series = path.join(dir, `s${serial}.mbox`);
  const argv = ['run', series, '--suite', 'mixed-order', '--test', 'mixed-order/S1', '--fresh'];
  const again = await ci([...argv, '--out', path.join(dir, 'after-kill')]);
  assert.match(again.stderr, /1\/1 .*: built in/);
});

test.run();
