import { execaSync } from 'execa';
import { which } from './which.js';

/** How a tree of processes can be tied to our life, from strongest to weakest. */
export type NamespaceMode = 'root' | 'user' | 'none';

export interface Tools {
  readonly setpriv: string | undefined;
  readonly unshare: string | undefined;
  readonly nice: string | undefined;
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
  options: { readonly pidNamespace?: boolean; readonly nice?: number } = {},
): readonly string[] {
  const prefix: string[] = [];
  if (tools.setpriv !== undefined) prefix.push(tools.setpriv, '--pdeathsig', 'KILL', '--');
  if (options.nice !== undefined && tools.nice !== undefined) {
    prefix.push(tools.nice, '-n', String(options.nice));
  }
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

let found: Omit<Tools, 'namespace'> | undefined;
let namespace: NamespaceMode | undefined;

/** The helpers this machine has; the namespace is tried out once, when first wanted. */
export function tools(wantNamespace: boolean): Tools {
  found ??= { setpriv: which('setpriv'), unshare: which('unshare'), nice: which('nice') };
  if (wantNamespace) namespace ??= probeNamespace(found.unshare);
  return { ...found, namespace: namespace ?? 'none' };
}
