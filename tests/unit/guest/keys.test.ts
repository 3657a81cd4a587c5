import { writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import * as assert from 'uvu/assert';
import {
  dropbearPrivateKey,
  makeHostKey,
  makeUserKey,
  openSshPrivateKey,
  publicBlob,
  type Ed25519,
} from '../../../orchestrator/guest/keys.js';
import { runOk } from '../../../orchestrator/process/child.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('guest/keys');

function generated(): Ed25519 {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { seed: Buffer.from(d, 'base64url'), point: Buffer.from(x, 'base64url') };
}

/** One key in 256 has this; ssh2's own generator makes a malformed one of it. */
function withLeadingZero(): Ed25519 {
  for (;;) {
    const key = generated();
    if (key.point[0] === 0) return key;
  }
}

function parsed(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

for (const [name, key] of [
  ['any key', generated()],
  ['a key whose public half begins with zero', withLeadingZero()],
] as const) {
  test(`${name}: ssh2 signs with the private half what the public half accepts`, () => {
    const secret = parsed(openSshPrivateKey(key));
    const open = parsed(`ssh-ed25519 ${publicBlob(key).toString('base64')}`);
    const signature = secret.sign('words');
    assert.is(open.verify('words', signature), true);
    assert.is(open.verify('other words', signature), false);
    assert.ok(secret.getPublicSSH().equals(publicBlob(key)));
  });

  test(`${name}: dropbear reads the host key as the same key`, async () => {
    const file = join(scratchDir('keys'), 'host_key');
    writeFileSync(file, dropbearPrivateKey(key), { mode: 0o600 });
    const { stdout } = await runOk(['dropbearkey', '-y', '-f', file], {
      what: 'dropbearkey',
      deadlineMs: 10_000,
    });
    assert.ok(stdout.includes(`ssh-ed25519 ${publicBlob(key).toString('base64')}`), stdout);
  });
}

test('no two runs have the same keys, no two boots, nor run and guest', () => {
  const [one, two] = [makeUserKey(), makeUserKey()];
  const [host, other] = [makeHostKey(), makeHostKey()];
  assert.is.not(one.privateKey, two.privateKey);
  assert.not.ok(host.hostPublicKey.equals(other.hostPublicKey));
  assert.not.ok(one.authorizedKey.includes(host.hostPublicKey.toString('base64')));
});

test.run();
