import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { configGround } from '../../../orchestrator/bisect/config-ground.js';
import type { Ground } from '../../../orchestrator/bisect/ground.js';
import type { Built, Lab } from '../../../orchestrator/bisect/lab.js';
import { movedOptions } from '../../../orchestrator/bisect/moved-options.js';
import { nothingKnown } from '../../../orchestrator/bisect/known.js';
import { search } from '../../../orchestrator/bisect/search.js';
import type { Searched } from '../../../orchestrator/bisect/search.js';
import { start } from '../../../orchestrator/bisect/state.js';
import type { Place } from '../../../orchestrator/bisect/types.js';
import { wantedOptions } from '../../../orchestrator/kernel/profiles.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { intake } from '../../../orchestrator/series/intake.js';
import { sha256 } from '../../../orchestrator/store/hash.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { kernelRepo, userGit, write } from '../series/fake-tree.js';
import { failing, passing, SILENT } from './fake-lab.js';

const test = suite('bisect/config-ground', { timeoutMs: 30_000 });
const { signal } = new AbortController();

/** A kconfig of a few lines: what an option depends on, and what comes with it unasked. */
const KCONFIG: Readonly<Record<string, { readonly needs?: string; readonly brings?: string }>> = {
  CONFIG_ALPHA: { needs: 'CONFIG_ZETA' },
  CONFIG_MIDDLE: { brings: 'CONFIG_HIDDEN' },
};
const root = kernelRepo();
write(root, 'mm/Kconfig', 'config ALPHA\n\tbool "x"\n\tdepends on ZETA\nconfig ZETA\n\tbool "z"\n');
userGit(root, 'add', '-f', '.');
userGit(root, 'commit', '-q', '-m', 'options');

async function ground(good: string, bad: string, dir: string = scratchDir('config')): Promise<Ground> {
  const taken = await intake({ tree: root, signal });
  return configGround(taken, [good, bad], 'nodebug', dir, signal);
}

function fragment(text: string): string {
  const file = join(scratchDir('fragment'), 'my.config');
  writeFileSync(file, text);
  return file;
}

/** Kernels that are their options, and fail by one of them. */
class ConfigLab implements Lab {
  readonly builds: string[] = [];
  readonly #ground: Ground;
  readonly #culprit: string;
  readonly #dir = scratchDir('lab');

  constructor(of: Ground, culprit: string) {
    this.#ground = of;
    this.#culprit = culprit;
  }

  async build(at: Place): Promise<Built> {
    this.builds.push(JSON.stringify(at));
    return { status: 'built', signature: sha256(...(await this.#optionsAt(at))), ms: 1 };
  }

  cached(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  readonly run: Lab['run'] = async (at, runs, _only, done) => {
    const options = await this.#optionsAt(at);
    for (let run = 0; run < runs; run += 1)
      done([options.includes(this.#culprit) ? failing('splat: x') : passing()], 1);
  };

  /** The finished .config of a place. */
  async artifact(at: Place): Promise<{ config: string }> {
    const config = join(this.#dir, `${this.builds.length}-${JSON.stringify(at).length}.config`);
    writeFileSync(config, (await this.#optionsAt(at)).map((line) => `${line}\n`).join(''));
    return { config };
  }

  async #optionsAt(at: Place): Promise<string[]> {
    const source = await this.#ground.source(at);
    assert.ok(!('why' in source));
    const wanted = await wantedOptions(source.profile, source.fragments);
    const asked = new Map(
      wanted.filter(({ value }) => value !== 'n').map(({ name, value }) => [name, value]),
    );
    for (const [name, { needs, brings }] of Object.entries(KCONFIG)) {
      if (needs !== undefined && !asked.has(needs)) asked.delete(name);
      if (brings !== undefined && asked.has(name)) asked.set(brings, 'y');
    }
    return [...asked].map(([name, value]) => `${name}=${value}`).toSorted();
  }
}

interface Found extends Searched {
  readonly ground: Ground;
  readonly named: readonly string[];
  readonly moved: readonly string[] | undefined;
}

async function between(good: string, bad: string, culprit: string): Promise<Found> {
  const of = await ground(good, bad);
  const lab = new ConfigLab(of, culprit);
  const from = nothingKnown(start(of.history));
  const found = await search(from, { lab, append: () => undefined, talk: SILENT, signal });
  const moved = await movedOptions(found.answer, found.known.state, (at) => lab.artifact(at));
  return {
    ...found,
    ground: of,
    named: found.answer.commits.map((number) => of.names[number]?.label ?? ''),
    moved,
  };
}

test('from one profile to another: every place is a fragment over the first, but for the ends', async () => {
  const dir = scratchDir('config');
  const of = await ground('nodebug', 'default', dir);
  assert.equal(
    of.names.map(({ label }) => label),
    ['nodebug', 'CONFIG_DEBUG_VM=y', 'CONFIG_DEBUG_VM_PGFLAGS=y', 'CONFIG_PRINTK_CALLER=y'],
  );
  const [first, second, last] = [
    await of.source({ kind: 'commit', commit: 0 }),
    await of.source({ kind: 'commit', commit: 1 }),
    await of.source({ kind: 'commit', commit: 3 }),
  ];
  assert.ok(!('why' in first) && !('why' in second) && !('why' in last));
  assert.equal([first.profile, first.fragments, first.folder], ['nodebug', [], undefined]);
  assert.equal([last.profile, last.fragments, last.folder], ['default', [], undefined]);
  assert.equal([second.profile, second.fragments], ['nodebug', [join(dir, 'config', '1.config')]]);
  assert.match(
    readFileSync(second.fragments[0] ?? '', 'utf8'),
    /^CONFIG_DEBUG_VM=y # optional.*\nCONFIG_DEBUG_VM_PGFLAGS=n # optional.*\nCONFIG_PRINTK_CALLER=n #/,
  );
  const third = await of.source({ kind: 'commit', commit: 2 });
  assert.ok(!('why' in third));
  assert.is(third.folder, second.folder);
  assert.ok(third.folder !== undefined);
});

test('the option that makes the difference, with its checks', async () => {
  const { answer, named, moved } = await between('nodebug', 'default', 'CONFIG_DEBUG_VM=y');
  assert.is(answer.verdict, 'culprit');
  assert.equal(named, ['CONFIG_DEBUG_VM=y']);
  assert.equal(moved, ['CONFIG_DEBUG_VM=y']);
  assert.equal(
    answer.checks.map(({ result }) => result),
    ['pass', 'pass', 'pass', 'pass'],
  );
});

test('one that needs another comes after it, whatever their names', async () => {
  const { named, ground: of } = await between(
    'nodebug',
    fragment('CONFIG_ALPHA=y\nCONFIG_BETA=y\nCONFIG_ZETA=y\n'),
    'CONFIG_ALPHA=y',
  );
  assert.equal(
    of.names.slice(1).map(({ label }) => label),
    ['CONFIG_BETA=y', 'CONFIG_ZETA=y', 'CONFIG_ALPHA=y'],
  );
  assert.equal(named, ['CONFIG_ALPHA=y']);
});

test('what comes with an option unasked is said', async () => {
  const bad = fragment('CONFIG_BETA=y\nCONFIG_MIDDLE=y\nCONFIG_OTHER=y\n');
  const { named, moved } = await between('nodebug', bad, 'CONFIG_HIDDEN=y');
  assert.equal(named, ['CONFIG_MIDDLE=y']);
  assert.equal(moved, ['CONFIG_HIDDEN=y', 'CONFIG_MIDDLE=y']);
});

test('an option that no kernel has is never named', async () => {
  const bad = fragment('CONFIG_ALPHA=y\nCONFIG_BETA=y\n');
  const { named, answer } = await between('nodebug', bad, 'CONFIG_BETA=y');
  assert.is(answer.verdict, 'culprit');
  assert.equal(named, ['CONFIG_BETA=y']);
});

test('a finished .config: what the tree does not give is no error', async () => {
  const text = '# Automatically generated file; DO NOT EDIT.\nCONFIG_BETA=y\n# CONFIG_SMP is not set\n';
  const dir = scratchDir('config');
  const of = await ground(fragment(text), 'nodebug', dir);
  const source = await of.source({ kind: 'commit', commit: 0 });
  assert.ok(!('why' in source));
  assert.equal(source.fragments, [join(dir, 'config', 'old-end.config')]);
  const mine = (await wantedOptions(source.profile, source.fragments)).filter(({ optional }) => optional);
  assert.ok(['CONFIG_BETA', 'CONFIG_SMP'].every((name) => mine.some((option) => option.name === name)));
});

test('what is no configuration, and two that are one', async () => {
  for (const [good, bad, said] of [
    ['nodebug', 'nonsense', /unknown profile/],
    ['/nowhere/my.config', 'nodebug', /neither a profile nor a file/],
    ['nodebug', 'nodebug', /ask for the same options/],
    ['nodebug', fragment('nonsense\n'), /not a kconfig line/],
  ] as const) {
    const error = await ground(good, bad).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, CiError);
    assert.is((error as CiError).fault, 'usage');
    assert.match((error as CiError).message, said);
  }
});

test.run();
