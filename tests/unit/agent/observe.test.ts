import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as assert from 'uvu/assert';
import { runOk } from '../../../orchestrator/process/child.js';
import { ChunkMirror, countPages, PAGE_BYTES, withPages } from '../../../orchestrator/scenario/chunk.js';
import type { ChangedPages, Reply } from '../../../orchestrator/scenario/protocol.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('agent/observe', { timeoutMs: 20_000 });
const dir = scratchDir('observe');
const rig = join(dir, 'rig');
const PAGES = 256;

/** Compiles the agent's files about struct pages with a device that is a file. */
test.before(async () => {
  const agent = join(projectRoot(), 'guests', 'agent');
  const sources = ['observe.c', 'crc32.c', 'out.c'].map((name) => join(agent, name));
  const own = join(projectRoot(), 'tests', 'unit', 'agent', 'observe-rig.c');
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O1'];
  const headers = ['-I', agent, '-I', join(projectRoot(), 'guests', 'module')];
  await runOk(['gcc', ...flags, ...headers, '-o', rig, own, ...sources], {
    what: 'gcc of the rig for the agent',
    deadlineMs: 60_000,
  });
});

async function rigged(what: string, n: number, bytes: Uint8Array): Promise<string> {
  const file = join(dir, 'bytes');
  writeFileSync(file, bytes);
  return (await runOk([rig, what, String(n), file], { what: 'the rig', deadlineMs: 10_000 })).stdout;
}

/** The agent's answers about pages that were `first`, each with what a reuse found between. */
async function answers(
  first: Uint8Array,
  steps: readonly { readonly between: Uint8Array; readonly after: Uint8Array }[],
): Promise<Reply[]> {
  const file = Buffer.concat([first, ...steps.flatMap(({ between, after }) => [between, after])]);
  const lines = (await rigged('observe', first.length / PAGE_BYTES, file)).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Reply);
}

/** Numbers below n, the same in every run. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Some rows of pages get words of few kinds, so that neighbours are often alike. */
function scribbled(bytes: Uint8Array, roll: (n: number) => number): Uint8Array {
  const next = bytes.slice();
  const rows = roll(6);
  for (let row = 0; row < rows; row += 1) {
    const first = roll(PAGES);
    const end = Math.min(PAGES, first + 1 + roll(100));
    for (let page = first; page < end; page += 1)
      if (roll(8) > 0) next.fill(roll(12) > 0 ? row : roll(256), page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }
  return next;
}

const rowsOf = ({ pfns }: Pick<ChangedPages, 'pfns'>): (readonly [number, number])[] =>
  pfns.map((entry) => (typeof entry === 'number' ? [entry, 1] : entry));

const pageOf = (bytes: Uint8Array, page: number): Buffer =>
  Buffer.from(bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));

/** Each entry is as long as it can be, and there is no other way to say the same. */
function checkRows(told: Pick<ChangedPages, 'pfns' | 'words'>, after: Uint8Array): void {
  let end = -1;
  for (const [index, [first, n]] of rowsOf(told).entries()) {
    assert.ok(first >= end && n >= 1);
    if (first === end) assert.ok(!pageOf(after, first).equals(pageOf(after, end - 1)));
    assert.is(Array.isArray(told.pfns[index]), n > 1);
    end = first + n;
  }
  assert.is(Buffer.from(told.words, 'base64').length, told.pfns.length * PAGE_BYTES);
}

test('the host has after each answer what the guest has, and between a free and a reuse what that found', async () => {
  const roll = dice(7);
  const first = scribbled(new Uint8Array(PAGES * PAGE_BYTES), roll);
  const steps = [];
  for (let last = first, step = 0; step < 60; step += 1) {
    const between = scribbled(last, roll);
    last = scribbled(between, roll);
    steps.push({ between, after: last });
  }
  const mirror = new ChunkMirror(PAGES);
  mirror.assume(first);
  let joined = 0;
  for (const [index, reply] of (await answers(first, steps)).entries()) {
    const { between, after } = steps[index] as (typeof steps)[number];
    const { changed, freed } = reply;
    const pages = reply.pages as ChangedPages;
    assert.ok(changed && freed);
    const before = mirror.bytes;
    assert.equal(Buffer.from(withPages(before, freed)), Buffer.from(between));
    assert.is(mirror.apply(changed), undefined);
    assert.equal(Buffer.from(mirror.bytes), Buffer.from(after));
    checkRows(freed, between);
    checkRows(changed, after);
    checkRows(pages, after);
    const pfns = rowsOf(changed).flatMap(([pfn, n]) => Array.from({ length: n }, (_, page) => pfn + page));
    assert.ok(pfns.every((pfn) => !pageOf(before, pfn).equals(pageOf(after, pfn))));
    joined += rowsOf(changed).filter(([, n]) => n > 1).length;

    const [from, to] = [(PAGES / 4) * PAGE_BYTES, (PAGES / 2) * PAGE_BYTES];
    assert.is(countPages(pages), PAGES / 4);
    assert.equal(withPages(after, pages), after);
    assert.is(Number(pages.crc), crc32(after.subarray(from, to)));
  }
  assert.ok(joined > 30, `${joined} rows of pages alike`);
});

test('the tails of a folio are two entries at most, one page is one', async () => {
  const first = new Uint8Array(PAGES * PAGE_BYTES);
  const folio = first.slice().fill(9, PAGE_BYTES).fill(8, 0, PAGE_BYTES);
  const one = folio.slice().fill(1, 64 * PAGE_BYTES, 65 * PAGE_BYTES);
  const all = [folio, folio, one].map((after) => ({ between: after, after }));
  const told = (await answers(first, all)).map(({ changed }) => changed?.pfns);
  assert.equal(told, [[0, [1, PAGES - 1]], [], [64]]);
});

test('coherent pages are told as pages behind the chunk while somebody wants them', async () => {
  const roll = dice(11);
  const states = [new Uint8Array(2 * PAGES * PAGE_BYTES)];
  for (let step = 0; step < 20; step += 1) {
    const next = (states.at(-1) as Uint8Array).slice();
    for (let change = 0; change < 6; change += 1) next.fill(roll(256), roll(next.length), next.length);
    states.push(next);
  }
  const lines = (await rigged('coherent', PAGES, Buffer.concat(states))).trim().split('\n');
  const mirror = new ChunkMirror(PAGES);
  for (const [index, line] of lines.entries()) {
    const { changed } = JSON.parse(line) as Reply;
    const last = index === lines.length - 1;
    assert.ok(changed);
    assert.is(changed.pages, last ? undefined : 2 * PAGES);
    assert.is(mirror.apply(changed), undefined);
    const after = states[index + 1] as Uint8Array;
    assert.equal(
      Buffer.from(mirror.bytes),
      Buffer.from(last ? after.subarray(0, PAGES * PAGE_BYTES) : after),
    );
  }
  assert.is(lines.length, 20);
});

test('a checksum joined from blocks is that of the whole', async () => {
  const roll = dice(3);
  for (const [block, blocks] of [
    [8, 1],
    [8, 5],
    [64, 64],
    [4096, 3],
    [4096, 32],
    [40, 7],
  ] as const) {
    const bytes = Uint8Array.from({ length: block * blocks }, () => roll(256));
    assert.is(Number(await rigged('crc', block, bytes)), crc32(bytes), `${blocks} blocks of ${block}`);
    assert.is(Number(await rigged('crc', block, bytes.fill(0))), crc32(bytes));
  }
});

test.run();
