import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  dropGuest,
  guestKey,
  keepGuest,
  takeGuest,
  toDrop,
  type GuestMaking,
  type KeptGuest,
} from '../../../orchestrator/guest/kept-guests.js';
import { makeHostKey, makeUserKey } from '../../../orchestrator/guest/keys.js';
import { loadMachine } from '../../../orchestrator/guest/machine.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('guest/kept-guests');
const machine = loadMachine();
const KEY = 'abc';

test.before.each(() => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
});

function guestsDir(): string {
  return join(process.env['CI_CACHE_DIR'] ?? '', 'guests');
}

function making(): GuestMaking {
  const dir = scratchDir('image');
  writeFileSync(join(dir, 'vmlinux'), 'kernel');
  writeFileSync(join(dir, 'zdplace.ko'), 'module');
  const image = { vmlinux: join(dir, 'vmlinux'), modules: [join(dir, 'zdplace.ko')], files: [] };
  return { machine, accel: 'tcg', image, cmdline: ['zdplace.pages=2048'] };
}

function savedGuest(): KeptGuest {
  const dir = scratchDir('saved');
  writeFileSync(join(dir, 'state'), 'devices');
  writeFileSync(join(dir, 'memory'), 'pages');
  const keys = { ...makeUserKey(), hostPublicKey: makeHostKey().hostPublicKey };
  const saved = {
    file: join(dir, 'state'),
    memory: join(dir, 'memory'),
    argv: ['qemu', '-m', '2048M'],
    dir,
    machine,
    accel: 'tcg' as const,
    keys,
    timeScale: 1.5,
    hasAgent: true,
    saveMs: 12.5,
    size: 8192,
  };
  return { saved, bootConsole: 'Linux version\nready\n', savedAt: '2026-11-27T07:00:00.000Z' };
}

test('a name stands for the bytes of all that the guest was made from', async () => {
  const one = making();
  const name = await guestKey(one);
  assert.is(await guestKey({ ...one, image: making().image }), name, 'other files with the same bytes');
  const deadlines = { ...machine.deadlines, tcg: { firstLine: 1, ready: 1 } };
  assert.is(await guestKey({ ...one, machine: { ...machine, deadlines } }), name, 'other deadlines');

  const memory = { ...machine.memory, mib: 1024 };
  const others: readonly GuestMaking[] = [
    { ...one, cmdline: ['zdplace.pages=1024'] },
    { ...one, accel: 'kvm' },
    { ...one, machine: { ...machine, memory } },
    { ...one, image: { ...one.image, modules: [] } },
  ];
  const names = await Promise.all(others.map(guestKey));
  writeFileSync(one.image.vmlinux, 'kernem');
  names.push(await guestKey(one));
  writeFileSync(one.image.modules[0] ?? '', 'module of another state');
  names.push(await guestKey(one));
  assert.is(new Set([name, ...names]).size, names.length + 1);
});

test('what is kept comes back, for another user, and stays when the one who saved it goes', async () => {
  const kept = savedGuest();
  await keepGuest(KEY, kept);
  rmSync(kept.saved.dir, { recursive: true });
  const [user, dir] = [makeUserKey(), scratchDir('run')];
  const taken = await takeGuest(KEY, { machine, accel: 'tcg' }, user, dir);
  assert.ok(taken !== undefined);
  assert.is(taken.bootConsole, kept.bootConsole);
  assert.is(taken.savedAt, kept.savedAt);
  const { keys, file, memory, argv, timeScale, hasAgent } = taken.saved;
  assert.equal({ argv, timeScale, hasAgent }, { argv: kept.saved.argv, timeScale: 1.5, hasAgent: true });
  assert.is(keys.privateKey, user.privateKey);
  assert.ok(keys.hostPublicKey.equals(kept.saved.keys.hostPublicKey));
  assert.is(readFileSync(join(dir, 'authorized_keys'), 'utf8'), user.authorizedKey);

  await dropGuest(KEY);
  assert.is(await takeGuest(KEY, { machine, accel: 'tcg' }, user, scratchDir('run')), undefined);
  assert.is(readFileSync(file, 'utf8'), 'devices');
  assert.is(readFileSync(memory, 'utf8'), 'pages');
});

test('nobody else reads what is kept, and no key to log in with is in it', async () => {
  const kept = savedGuest();
  await keepGuest(KEY, kept);
  assert.is(statSync(guestsDir()).mode & 0o077, 0);
  for (const name of readdirSync(join(guestsDir(), KEY))) {
    const text = readFileSync(join(guestsDir(), KEY, name), 'utf8');
    assert.not.ok(text.includes('PRIVATE KEY'), name);
    assert.not.ok(text.includes(kept.saved.keys.authorizedKey.trim()), name);
  }
});

for (const [what, spoil] of [
  ['no description', (dir: string) => rmSync(join(dir, 'meta.json'))],
  ['half a description', (dir: string) => writeFileSync(join(dir, 'meta.json'), '{"argv": [')],
  ['one of another version', (dir: string) => writeFileSync(join(dir, 'meta.json'), '{"argv": []}')],
  ['no memory', (dir: string) => rmSync(join(dir, 'memory'))],
  ['no console', (dir: string) => rmSync(join(dir, 'console.log'))],
] as const) {
  test(`a saved guest with ${what} is not taken, and leaves nothing behind`, async () => {
    await keepGuest(KEY, savedGuest());
    spoil(join(guestsDir(), KEY));
    const dir = scratchDir('run');
    assert.is(await takeGuest(KEY, { machine, accel: 'tcg' }, makeUserKey(), dir), undefined);
    assert.not.ok(existsSync(join(dir, 'state')) || existsSync(join(dir, 'memory')));
  });
}

test('of two that save the same guest at once one is kept', async () => {
  await Promise.all([keepGuest(KEY, savedGuest()), keepGuest(KEY, savedGuest())]);
  assert.equal(readdirSync(guestsDir()), [KEY]);
  const taken = await takeGuest(KEY, { machine, accel: 'tcg' }, makeUserKey(), scratchDir('run'));
  assert.is(taken?.bootConsole, savedGuest().bootConsole);
});

test('those go that were not used for longest, and no more than must', () => {
  const kept = [
    { name: 'new', bytes: 100, used: 3 },
    { name: 'old', bytes: 100, used: 1 },
    { name: 'between', bytes: 100, used: 2 },
  ];
  assert.equal(toDrop(kept, 100, 400), []);
  assert.equal(toDrop(kept, 100, 399), ['old']);
  assert.equal(toDrop(kept, 100, 250), ['old', 'between']);
  assert.equal(toDrop(kept, 100, 0), ['old', 'between', 'new']);
  assert.equal(toDrop([], 100, 0), []);
});

test.run();
