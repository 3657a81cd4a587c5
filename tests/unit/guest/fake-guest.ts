import { generateKeyPairSync } from 'node:crypto';
import { createConnection, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import type { SshTarget } from '../../../orchestrator/guest/ssh.js';
import {
  makeHostKey,
  makeUserKey,
  openSshPrivateKey,
  type Ed25519,
  type HostKey,
  type UserKey,
} from '../../../orchestrator/guest/keys.js';

/** Runs one command of a client; ends its channel, or not. */
export type Command = (channel: ServerChannel, command: string, client: Connection) => void;

function ed25519(): Ed25519 {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { seed: Buffer.from(d, 'base64url'), point: Buffer.from(x, 'base64url') };
}

/** Keys of a run and a boot, and the host's private key in the form that ssh2's server takes. */
export function keysWithHost(): { user: UserKey; host: HostKey; hostKey: string } {
  const key = ed25519();
  return { user: makeUserKey(), host: makeHostKey(() => key), hostKey: openSshPrivateKey(key) };
}

/** The guest's ssh server, in this process: lets in whoever has the run's key. */
export class FakeGuest implements AsyncDisposable {
  readonly keys: UserKey & HostKey;
  readonly #ssh: InstanceType<typeof ssh2.Server>;
  readonly #clients = new Set<Connection>();

  constructor(command: Command) {
    const { user, host, hostKey } = keysWithHost();
    this.keys = { ...user, ...host };
    const [, blob = ''] = user.authorizedKey.split(' ');
    const allowed = Buffer.from(blob, 'base64');
    this.#ssh = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      this.#clients.add(client);
      client.on('error', () => {});
      client.on('close', () => this.#clients.delete(client));
      client.on('authentication', (context) => {
        if (context.method === 'publickey' && context.key.data.equals(allowed)) context.accept();
        else context.reject(['publickey']);
      });
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, info) => command(acceptExec(), info.command, client));
      });
    });
  }

  async listen(): Promise<SshTarget> {
    this.#ssh.listen(0, '127.0.0.1');
    await once(this.#ssh, 'listening');
    return { port: (this.#ssh.address() as { port: number }).port, keys: this.keys };
  }

  /** As if the guest were gone. */
  drop(): void {
    for (const client of this.#clients) client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => {
      this.#ssh.close(() => resolve());
    });
  }
}

/** A TCP server that drops the first `count` connections, as a guest does whose ssh server does not listen yet. */
export async function refusing(
  count: number,
  then: SshTarget,
): Promise<{ target: SshTarget; server: Server; seen: () => number }> {
  let seen = 0;
  const server = createServer((socket) => {
    seen += 1;
    socket.on('error', () => {});
    if (seen <= count) {
      socket.resetAndDestroy();
      return;
    }
    const onward = createConnection(then.port, '127.0.0.1').on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
    socket.on('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    target: { port: (server.address() as { port: number }).port, keys: then.keys },
    server,
    seen: () => seen,
  };
}
