import ssh2 from 'ssh2';

/** Keys of one run: ours to log in with, and the guest's, which we accept alone. Never written outside the run. */
export interface GuestKeys {
  /** OpenSSH private key. */
  readonly privateKey: string;
  /** One line for authorized_keys. */
  readonly authorizedKey: string;
  /** What dropbear reads as its host key. */
  readonly dropbearHostKey: Buffer;
  /** The public host key as it goes over the wire. */
  readonly hostPublicKey: Buffer;
}

function sshString(data: Uint8Array | string): Buffer {
  const bytes = Buffer.from(data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Reads the strings of an ssh wire format one by one. */
function* sshStrings(data: Buffer, from: number): Generator<Buffer, void> {
  let at = from;
  while (at + 4 <= data.length) {
    const length = data.readUInt32BE(at);
    yield data.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}

/** The 32 bytes of seed and 32 of public key out of an unencrypted OpenSSH ed25519 key (PROTOCOL.key of OpenSSH). */
function ed25519Secret(pem: string): Buffer {
  const magic = 'openssh-key-v1\0';
  const raw = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  // cipher, kdf, kdf options, then the number of keys, the public key and the block of private keys.
  const [cipher, kdf, options] = [...sshStrings(raw, magic.length)];
  if (!cipher || !kdf || !options) throw new Error('not an OpenSSH key');
  const afterCount = magic.length + 12 + cipher.length + kdf.length + options.length + 4;
  const [, secrets] = [...sshStrings(raw, afterCount)];
  // Two equal check words, then type, public key, secret.
  const [type, , secret] = secrets === undefined ? [] : [...sshStrings(secrets, 8)];
  if (type?.toString() !== 'ssh-ed25519' || secret?.length !== 64) throw new Error('not an ed25519 key');
  return secret;
}

/** New keys, about 3 ms. ed25519 is the cheapest for the guest to sign and verify under TCG. */
export function makeKeys(): GuestKeys {
  const user = ssh2.utils.generateKeyPairSync('ed25519');
  const host = ssh2.utils.generateKeyPairSync('ed25519');
  const secret = ed25519Secret(host.private);
  return {
    privateKey: user.private,
    authorizedKey: `${user.public}\n`,
    // dropbear: signkey.c buf_put_priv_key, the type and then seed and public key in one string.
    dropbearHostKey: Buffer.concat([sshString('ssh-ed25519'), sshString(secret)]),
    hostPublicKey: Buffer.concat([sshString('ssh-ed25519'), sshString(secret.subarray(32))]),
  };
}
