import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheDir, projectRoot } from '../../orchestrator/store/paths.js';
import { RunRecord } from '../../orchestrator/store/records.js';

/**
 * What `ci run` costs on top of make. Both are measured in this one process, one after the other, from no
 * kernel at all and without ccache hits, on the same source, config and points. Prints seconds and ratios.
 */

const SERIES = path.join(projectRoot(), 'tests/series/reinit-lost.mbox');

function timed(body: () => void): number {
  const began = performance.now();
  body();
  return (performance.now() - began) / 1000;
}

function ci(argv: readonly string[], cache: string): RunRecord {
  const result = spawnSync(path.join(projectRoot(), 'ci'), ['run', ...argv, '--json'], {
    encoding: 'utf8',
    env: { ...process.env, CI_CACHE_DIR: cache },
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return RunRecord.parse(JSON.parse(result.stdout));
}

/** A cache with the source and nothing else. */
function emptyCache(dir: string): string {
  const cache = path.join(dir, 'cache');
  mkdirSync(cache);
  symlinkSync(path.join(cacheDir(), 'source'), path.join(cache, 'source'));
  cpSync(path.join(cacheDir(), 'apt'), path.join(cache, 'apt'), { recursive: true });
  return cache;
}

interface ByHand {
  /** Seconds to write the source tree of the base where make can read it, which an import leaves undone. */
  readonly checkout: number;
  /** Seconds of make for the base and each point. */
  readonly make: readonly number[];
}

/** make of the same points with the same config, as a developer would type it. */
function bareMake(record: RunRecord, runDir: string, dir: string): ByHand {
  const src = path.join(dir, 'src');
  const out = path.join(dir, 'out');
  for (const one of [src, out]) mkdirSync(one);
  const source = record.base.tree;
  const bare = execFileSync(
    'sh',
    ['-c', 'ls -d "$1"/linux-source-7.3_*', 'sh', path.join(cacheDir(), 'source')],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n')
    .find((one) => source.includes(path.basename(one).split('_')[1] ?? ''));
  if (bare === undefined) throw new Error(`no repository of ${source}`);
  const env = { ...process.env, GIT_DIR: bare, GIT_WORK_TREE: src, GIT_INDEX_FILE: path.join(dir, 'index') };
  const argv = ['-c', 'checkout.workers=0', 'read-tree', '--reset', '-u', record.base.commit];
  const checkout = timed(() => execFileSync('git', argv, { env, cwd: src }));
  cpSync(path.join(runDir, 'points/0/config'), path.join(out, '.config'));
  const make = (): void => {
    const argv = [`O=${out}`, `-j${os.availableParallelism()}`];
    execFileSync('make', ['-s', ...argv, 'olddefconfig'], { cwd: src, stdio: 'ignore' });
    execFileSync('make', ['-s', ...argv, 'vmlinux', 'modules'], { cwd: src, stdio: 'ignore' });
  };
  const times = [timed(make)];
  for (const [index, mail] of readFileSync(SERIES, 'utf8')
    .split(/^(?=From [0-9a-f]{40} )/m)
    .entries()) {
    const patch = path.join(dir, `${index}.patch`);
    writeFileSync(patch, mail);
    times.push(
      timed(() => {
        execFileSync('git', ['apply', patch], {
          cwd: src,
          env: { ...process.env, GIT_CEILING_DIRECTORIES: dir },
        });
        make();
      }),
    );
  }
  return { checkout, make: times };
}

/** Measures and prints; takes two builds of base and three points, and as many runs. */
export function benchRunVsMake(say: (text: string) => void): void {
  const dir = mkdtempSync(path.join(cacheDir(), 'bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const cache = emptyCache(dir);
  const runDir = path.join(dir, 'run');
  let record: RunRecord | undefined;
  const first = timed(() => {
    record = ci([SERIES, '--suite', 'mixed-order', '--out', runDir], cache);
  });
  if (record === undefined) throw new Error('no run');
  const again = timed(() => {
    ci([SERIES, '--suite', 'mixed-order', '--out', path.join(dir, 'again')], cache);
  });
  const { checkout, make } = bareMake(record, runDir, dir);
  const total = make.reduce((sum, one) => sum + one, 0);
  /** Upstream's test program is built beside the kernel; no developer's make of the points makes it. */
  const upstream = (record.timings['hmm-tests'] ?? 0) / 1000;
  const row = (name: string, seconds: number): string =>
    `${name.padEnd(44)} ${seconds.toFixed(1).padStart(7)} s`;
  say(
    [
      row('make of base and 3 points, by hand', total),
      `  ${make.map((one) => one.toFixed(1)).join(' + ')}`,
      row('git checkout of the base, by hand', checkout),
      row('ci run of the same, no kernel in the cache', first),
      row("  of that, upstream's hmm-tests", upstream),
      row('  on top of make and hmm-tests', first - upstream - total),
      row('  on top of checkout, make and hmm-tests', first - upstream - total - checkout),
      `  ratio ${(first / total).toFixed(2)}`,
      row('the same command again', again),
    ].join('\n'),
  );
}
