import type { UserEffects } from '../model/mapping/operation.js';
import type { MappedPage, UserState } from '../model/mapping/state.js';
import { DEVICE_READ, DEVICE_WRITE } from './protocol.js';
import type { MapRun, Reply } from './protocol.js';

/** Differences that are told. */
const MOST = 3;

/** What the agent's answer to a step says other than the model, beside bytes and callbacks. */
export function answerDifferences(effects: UserEffects, reply: Reply): string[] {
  const { migrate, signal } = effects;
  const out: string[] = [];
  const say = (what: string, want: unknown, have: unknown): void => {
    if (JSON.stringify(want) !== JSON.stringify(have))
      out.push(`${what} ${JSON.stringify(want)}, guest ${JSON.stringify(have)}`);
  };
  if (migrate) {
    const { cpages, migrated, src } = reply;
    say('cpages', migrate.cpages, cpages);
    say('pages migrated', migrate.migrated, migrated);
    say('source states', migrate.src, src);
  }
  say('signal', signal ?? null, reply.signal ?? null);
  return out.slice(0, MOST);
}

/** Pages that the guest's page tables have elsewhere than the model's. */
export function placeDifferences(
  user: UserState,
  name: string,
  process: string | undefined,
  runs: readonly MapRun[],
): string[] {
  if (runs.length === 0 || !user.processes.includes(process ?? (user.processes[0] as string))) return [];
  if (!user.mappings(process).includes(name)) return [`no mapping ${name}, guest has one`];
  const predicted = user.pages(name, process);
  const out: string[] = [];
  for (const run of runs)
    for (let i = 0; i < run.n; i += 1) {
      const have = seen(run, i);
      const page = predicted[run.page + i];
      const want = page === undefined ? 'nothing' : told(page);
      if (want !== have) out.push(`page ${run.page + i} of ${name} ${want}, guest ${have}`);
      if (out.length >= MOST) return out;
    }
  return out;
}

function seen(run: MapRun, i: number): string {
  if (run.state !== 'device' || run.pfn === undefined) return run.state;
  const { type } = run;
  const write = type === DEVICE_WRITE ? ' write' : type === DEVICE_READ ? ' read' : ` type ${String(type)}`;
  return `device ${run.pfn + i}${write}`;
}

function told({ kind, pfn, write }: MappedPage): string {
  if (kind === 'device') return `device ${String(pfn)}${write ? ' write' : ' read'}`;
  if (kind === 'zero') return 'ram';
  return kind === 'unmapped' ? 'none' : kind;
}
