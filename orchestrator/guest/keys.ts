import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** Ours, to log in with: one for each run, never written outside it. */
export interface UserKey {
  /** OpenSSH private key. */
  readonly privateKey: string;
  /** One line for authorized_keys. */
  readonly authorizedKey: string;
}

/** The guest's: one for each boot, so that all guests out of one saved state have the same. */
export interface HostKey {
  /** What dropbear reads as its host key. */
  readonly dropbearHostKey: Buffer;
  /** The public host key as it goes over the wire. We accept no other. */
  readonly hostPublicKey: Buffer;
}

/** What a guest is logged in to with. */
export type LoginKeys = UserKey & Pick<HostKey, 'hostPublicKey'>;

const TYPE = 'ssh-ed25519';

function sshString(data: Uint8Array | string): Buffer {
  const bytes = Buffer.from(data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export interface Ed25519 {
  /** 32 bytes each. */
  readonly seed: Buffer;
  readonly point: Buffer;
}

function generate(): Ed25519 {
  // Not ssh2's generateKeyPairSync: 1.17 strips leading zero bytes of the public key, so one key in 256 is malformed.
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (d === undefined || x === undefined) throw new Error('node gave an ed25519 key without its parts');
  return { seed: Buffer.from(d, 'base64url'), point: Buffer.from(x, 'base64url') };
}

export function publicBlob({ point }: Ed25519): Buffer {
  return Buffer.concat([sshString(TYPE), sshString(point)]);
}

/** An unencrypted private key as in PROTOCOL.key of OpenSSH. */
export function openSshPrivateKey(key: Ed25519): string {
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    sshString(TYPE),
    sshString(key.point),
    sshString(Buffer.concat([key.seed, key.point])),
    sshString(''),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (secret.length % 8)) % 8));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob(key)),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString('base64').replaceAll(/.{70}/g, '$&\n').trimEnd();
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** dropbear: signkey.c buf_put_priv_key, the type and then seed and public key in one string. */
export function dropbearPrivateKey({ seed, point }: Ed25519): Buffer {
  return Buffer.concat([sshString(TYPE), sshString(Buffer.concat([seed, point]))]);
}

/** A new key, below a millisecond. ed25519 is the cheapest for the guest to sign and verify under TCG. */
export function makeUserKey(make: () => Ed25519 = generate): UserKey {
  const key = make();
  return {
    privateKey: openSshPrivateKey(key),
    authorizedKey: `${TYPE} ${publicBlob(key).toString('base64')}\n`,
  };
}

/** A new key, below a millisecond. */
export function makeHostKey(make: () => Ed25519 = generate): HostKey {
  const key = make();
  return { dropbearHostKey: dropbearPrivateKey(key), hostPublicKey: publicBlob(key) };
}
