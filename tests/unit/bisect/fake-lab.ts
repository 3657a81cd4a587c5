import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rangeGround } from '../../../orchestrator/bisect/range-ground.js';
import type { Ground } from '../../../orchestrator/bisect/ground.js';
import type { Built, Lab } from '../../../orchestrator/bisect/lab.js';
import type { BisectEvent } from '../../../orchestrator/bisect/events.js';
import { nothingKnown } from '../../../orchestrator/bisect/known.js';
import type { Known } from '../../../orchestrator/bisect/known.js';
import { search } from '../../../orchestrator/bisect/search.js';
import type { Searched, Talk } from '../../../orchestrator/bisect/search.js';
import { start } from '../../../orchestrator/bisect/state.js';
import type { Options, Place } from '../../../orchestrator/bisect/types.js';
import { sha256 } from '../../../orchestrator/store/hash.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { scratchDir } from '../../harness/temp.js';
import { gitReading, kernelRepo, nextDate, userGit } from '../series/fake-tree.js';

/**
 * Real repositories whose commits say by their titles what comes of testing them, and a lab that goes by that. Every commit adds
 * a file with its title as the name, so that the tip without a commit is told by its files:
 *
 * - `bad`, `bad-50`: from here on the test fails, always or in half of the runs
 * - `race`: from here on nine runs of ten fail, each under one of three keys
 * - `old-noise`: from here on two runs of ten fail under one of these keys
 * - `good`: it ends
 * - `skip…`: this commit itself cannot be built
 * - `doc…`: changes nothing of the kernel
 * - `crash…`: this commit itself has another failure in every run
 */

/**
 * @param graph one entry a commit, `name: parents`; the first is the old end, the last the new one
 * @returns the path, and the ids by name
 */
export function repository(graph: string): { root: string; ids: ReadonlyMap<string, string> } {
  const root = kernelRepo();
  const commits = graph.split(', ').map((entry) => {
    const [name = '', parents = ''] = entry.split(': ');
    return { name, parents: parents.split(' ').filter((parent) => parent !== '') };
  });
  // One process for all commits.
  const marks = join(scratchDir('marks'), 'marks');
  gitReading(importStream(commits), root, 'fast-import', '--quiet', `--export-marks=${marks}`);
  const ids = new Map<string, string>();
  for (const line of readFileSync(marks, 'utf8').trim().split('\n')) {
    const [mark = '', id = ''] = line.split(' ');
    ids.set(commits[Number(mark.slice(1)) - 1]?.name ?? '', id);
  }
  userGit(root, 'checkout', '-q', '-f', '--detach', ids.get(commits.at(-1)?.name ?? '') ?? '');
  return { root, ids: new Map(commits.map(({ name }) => [name, ids.get(name) ?? ''])) };
}

/** The commits for `git fast-import`: the first on the branch, the others on none. */
function importStream(commits: readonly { name: string; parents: readonly string[] }[]): string {
  const marks = new Map(commits.map(({ name }, index) => [name, `:${index + 1}`]));
  /** Names of the commits that a commit has in it, each of which is a file. */
  const within = new Map<string, readonly string[]>();
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;
  const one = ({ name, parents: [first, ...others] }: (typeof commits)[number]): string => {
    const merged = others.flatMap((other) => within.get(other) ?? []);
    within.set(name, [...new Set([...(within.get(first ?? '') ?? []), ...merged, name])]);
    return [
      `commit ${first === undefined ? 'refs/heads/master' : PASSING_REF}`,
      `mark ${marks.get(name) ?? ''}`,
      `committer A Developer <dev@example.org> ${nextDate()}`,
      data(`${name}\n`),
      `from ${first === undefined ? 'refs/heads/master^0' : (marks.get(first) ?? '')}`,
      ...others.map((other) => `merge ${marks.get(other) ?? ''}`),
      ...[...merged, name].map((file) => `M 100644 inline mm/${file}.c\n${data(`${file}\n`)}`),
      '',
    ].join('\n');
  };
  return `${commits.map(one).join('\n')}\nreset ${PASSING_REF}\nfrom ${'0'.repeat(40)}\n\n`;
}

/** fast-import wants one; it is gone in the end. */
const PASSING_REF = 'refs/heads/passing';

export function failing(key: string, id = 'suite/test'): TestRecord {
  return { ...passing(id), verdict: 'fail', kind: 'data', failureKey: key, matches: 1, reason: key };
}

export function passing(id = 'suite/test'): TestRecord {
  return {
    id,
    suite: 'suite',
    verdict: 'pass',
    runs: 1,
    matches: 0,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: 1,
    reused: false,
  };
}

/** Equal seeds draw equal numbers (Numerical Recipes' generator). */
function drawer(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Files by tree, whose id says what is in it. */
const FILES_OF = new Map<string, readonly string[]>();

export class FakeLab implements Lab {
  /** Places in the order in which they were built, and each run. */
  readonly builds: string[] = [];
  readonly runs: string[] = [];
  readonly #ground: Ground;
  readonly #root: string;
  readonly #draw: () => number;
  readonly #pending = new Set<Promise<Built>>();
  readonly #files = new Map<string, readonly string[]>();

  constructor(ground: Ground, root: string, seed = 1) {
    this.#ground = ground;
    this.#root = root;
    this.#draw = drawer(seed);
  }

  build(at: Place): Promise<Built> {
    const built = this.#build(at);
    this.#pending.add(built);
    return built.finally(() => this.#pending.delete(built));
  }

  cached(): Promise<Built | undefined> {
    return Promise.resolve(undefined);
  }

  async #build(at: Place): Promise<Built> {
    this.builds.push(JSON.stringify(at));
    const source = await this.#ground.source(at);
    if ('why' in source) return { untestable: source.why, ms: 1 };
    if (this.#title(at).startsWith('skip')) return { untestable: 'does not compile', ms: 1 };
    const files = this.#listed(source);
    this.#files.set(JSON.stringify(at), files);
    const code = files.filter((file) => !file.startsWith('mm/doc'));
    return { status: 'built', signature: sha256(...code), ms: 1 };
  }

  #listed({ gitDir, tree }: { readonly gitDir: string; readonly tree: string }): readonly string[] {
    const known = FILES_OF.get(tree);
    if (known) return known;
    const argv = ['--git-dir', gitDir, 'ls-tree', '--name-only', tree, 'mm/'];
    const files = userGit(this.#root, ...argv).split('\n');
    FILES_OF.set(tree, files);
    return files;
  }

  /** Takes longer than what is being built meanwhile. */
  async run(
    at: Place,
    runs: number,
    _only: string | undefined,
    done: (records: readonly TestRecord[], ms: number) => void,
  ): Promise<void> {
    await Promise.allSettled(this.#pending);
    for (let run = 0; run < runs; run += 1) {
      this.runs.push(JSON.stringify(at));
      done([this.#once(at)], 1);
    }
  }

  #once(at: Place): TestRecord {
    const files = this.#files.get(JSON.stringify(at)) ?? [];
    const bad = files.map((file) => /^mm\/bad(?:-(\d+))?\.c$/.exec(file)).find((match) => match !== null);
    if (this.#title(at).startsWith('crash')) return failing('splat: another');
    const place = this.#draw();
    if (files.includes('mm/race.c') && place < 0.9) return failing(`hang: ${'abc'[Math.floor(place / 0.3)]}`);
    if (files.includes('mm/old-noise.c') && place < 0.2) return failing('hang: b');
    if (bad === undefined || bad === null || files.includes('mm/good.c')) return passing();
    return this.#draw() * 100 < Number(bad[1] ?? 100) ? failing('stale-field x') : passing();
  }

  #title(at: Place): string {
    return at.kind === 'commit' ? (this.#ground.names[at.commit]?.subject ?? '') : '';
  }
}

export const SILENT: Talk = {
  begin: () => undefined,
  built: () => undefined,
  renamed: () => undefined,
  end: () => undefined,
};

export interface Bisected extends Searched {
  readonly ground: Ground;
  readonly lab: FakeLab;
  readonly events: readonly BisectEvent[];
  /** Titles of the commits that the answer names. */
  readonly named: readonly string[];
}

/** The ends of a graph as a search; `from` goes on with what is known of it already. */
export async function bisectGraph(
  graph: string,
  options: Partial<Options> & { readonly seed?: number } = {},
): Promise<Bisected> {
  const { root, ids } = repository(graph);
  const [older = '', ...others] = [...ids.values()];
  const { signal } = new AbortController();
  const config = { profile: 'default', fragments: [] };
  const ground = await rangeGround(root, [older, others.at(-1) ?? ''], config, signal);
  const { seed, ...search } = options;
  return bisectGround(ground, new FakeLab(ground, root, seed), search);
}

export async function bisectGround(
  ground: Ground,
  lab: FakeLab,
  options: Partial<Options> & { readonly wanted?: string },
  from: Known = nothingKnown(start(ground.history, options)),
  append: (event: BisectEvent) => void = () => undefined,
): Promise<Bisected> {
  const events: BisectEvent[] = [];
  const found = await search(from, {
    lab,
    append: (event) => {
      append(event);
      events.push(event);
    },
    talk: SILENT,
    signal: new AbortController().signal,
    ...(options.wanted === undefined ? {} : { wanted: options.wanted }),
  });
  const named = found.answer.commits.map((commit) => ground.names[commit]?.subject ?? '');
  return { ...found, ground, lab, events, named };
}
