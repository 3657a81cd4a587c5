import { execaSync } from 'execa';
import { which } from './which.js';

/** How a tree of processes can be tied to our life, from strongest to weakest. */
export type NamespaceMode = 'root' | 'user' | 'none';

export interface Tools {
  readonly setpriv: string | undefined;
  readonly unshare: string | undefined;
  /** Only where it may set a policy; a container can forbid that. */
  readonly chrt: string | undefined;
  readonly namespace: NamespaceMode;
}

const NAMESPACE_ARGS: Record<NamespaceMode, readonly string[]> = {
  root: ['--pid', '--fork', '--kill-child=KILL'],
  user: ['--user', '--map-current-user', '--pid', '--fork', '--kill-child=KILL'],
  none: [],
};

/**
 * Full argv of a child. `setpriv --pdeathsig` makes the kernel kill the direct child when this process dies, however
 * it dies (kernel/exit.c reparent_leader). That setting is not inherited by fork, so a tree of processes additionally
 * gets a PID namespace: unshare dies with us, its --kill-child ends the namespace's init, and the kernel ends every
 * process of the namespace with it (kernel/pid_namespace.c zap_pid_ns_processes).
 */
export function wrapArgv(
  argv: readonly string[],
  tools: Tools,
  options: { readonly pidNamespace?: boolean; readonly batch?: boolean } = {},
): readonly string[] {
  const prefix: string[] = [];
  if (tools.setpriv !== undefined) prefix.push(tools.setpriv, '--pdeathsig', 'KILL', '--');
  if (options.batch === true && tools.chrt !== undefined) prefix.push(tools.chrt, '--batch', '0');
  if (options.pidNamespace === true && tools.unshare !== undefined && tools.namespace !== 'none') {
    prefix.push(tools.unshare, ...NAMESPACE_ARGS[tools.namespace], '--');
  }
  return [...prefix, ...argv];
}

function works(argv: readonly string[]): boolean {
  const [file, ...args] = argv;
  if (file === undefined) return false;
  return execaSync(file, args, { reject: false, timeout: 5000, stdio: 'ignore' }).exitCode === 0;
}

function probeNamespace(unshare: string | undefined): NamespaceMode {
  if (unshare === undefined) return 'none';
  const modes: readonly NamespaceMode[] = process.getuid?.() === 0 ? ['root', 'user'] : ['user'];
  return modes.find((mode) => works([unshare, ...NAMESPACE_ARGS[mode], '--', 'true'])) ?? 'none';
}

function probeBatch(): { readonly chrt: string | undefined } {
  const chrt = which('chrt');
  return { chrt: chrt !== undefined && works([chrt, '--batch', '0', 'true']) ? chrt : undefined };
}

let found: Pick<Tools, 'setpriv' | 'unshare'> | undefined;
let namespace: NamespaceMode | undefined;
let batch: Pick<Tools, 'chrt'> | undefined;

/** The helpers this machine has; what may be forbidden is tried out once, when first wanted. */
export function tools(want: { readonly pidNamespace?: boolean; readonly batch?: boolean }): Tools {
  found ??= { setpriv: which('setpriv'), unshare: which('unshare') };
  if (want.pidNamespace === true) namespace ??= probeNamespace(found.unshare);
  if (want.batch === true) batch ??= probeBatch();
  return { ...found, chrt: batch?.chrt, namespace: namespace ?? 'none' };
}
