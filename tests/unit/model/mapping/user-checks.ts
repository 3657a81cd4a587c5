import * as assert from 'uvu/assert';
import type {
  MachineOperation,
  MappedPage,
  UserEffects,
  UserOperation,
} from '../../../../orchestrator/model/index.js';
import { MAIN } from './user-book.js';
import type { UserBook } from './user-book.js';
import type { Maps } from './user-rig.js';

/** Bits of a migration entry's state (guests/module/migrate.c). */
const INITIALISED = 16;
const MIGRATED = 32;

/** The operation came back. */
export function checkEnd(op: MachineOperation, { crash, hang, foreign }: UserEffects): void {
  const end = crash ?? hang ?? foreign;
  assert.is(end && `${end.why} (${end.line})`, undefined, `${op.op} comes back`);
}

/** What an operation answers: signals, callbacks and references that add up, states of a migration. */
export function checkEffects(op: UserOperation, effects: UserEffects, before: number, book: UserBook): void {
  const { callbacks, refs, migrate, signal } = effects;
  if (op.op === 'access') {
    const span = { name: op.name, process: op.process ?? MAIN, page: op.page, count: op.count };
    const page = book.refused(span, op.write);
    assert.equal(signal, page === undefined ? undefined : { name: 'SIGSEGV', page });
  } else assert.is(signal, undefined);

  let made = 0;
  if (op.op === 'migrate') {
    const states = migrate?.src ?? [];
    assert.is(states.length, op.to.length);
    for (const [i, { order }] of op.to.entries())
      if (((states[i] as number) & INITIALISED) !== 0) made += 2 ** order;
    if (op.abort === true) assert.is(migrate?.migrated, 0);
  }
  const freed = callbacks
    .filter(({ fn }) => fn === 'folio_free')
    .reduce((sum, { order }) => sum + 2 ** order, 0);
  assert.is(
    refs,
    before + made - freed,
    'references: those before, with what was made, without what was freed',
  );
}

const place = ({ kind, pfn }: MappedPage): string => (pfn === undefined ? kind : `${kind} ${pfn}`);

/** Pages of a mapping that an operation may move: none, those of its range, or all. */
function mayMove(op: UserOperation, process: string, name: string): (page: number) => boolean {
  const all = (): boolean => true;
  const none = (): boolean => false;
  switch (op.op) {
    case 'munmap':
    case 'dontneed': {
      if (op.name !== name || (op.process ?? MAIN) !== process) return none;
      const from = op.op === 'munmap' ? (op.page ?? 0) : op.page;
      const to = op.op === 'munmap' && op.page === undefined ? Infinity : from + (op.count ?? 1);
      return (page) => from <= page && page < to;
    }
    // A fault can bring a folio back that other processes map, a migration takes it away from all.
    case 'access':
    case 'migrate':
      return op.name === name ? all : none;
    case 'evict':
      return all;
    default:
      return none;
  }
}

/** Pages that an operation is not about are where they were; those it is about are where it takes them. */
export function checkKept(op: UserOperation, before: Maps, after: Maps): void {
  for (const [key, pages] of before) {
    const [process = '', name = ''] = key.split(' ');
    const now = after.get(key);
    if (!now) {
      assert.ok(
        (op.op === 'exit' && op.process === process) || (op.op === 'munmap' && op.name === name),
        `${key} is gone after ${op.op}`,
      );
      continue;
    }
    const moves = mayMove(op, process, name);
    for (const [i, page] of now.entries())
      if (!moves(i))
        assert.is(place(page), place(pages[i] as MappedPage), `page ${i} of ${key} after ${op.op}`);
  }
  if (op.op === 'fork')
    for (const [key, pages] of after) {
      const [process, name = ''] = key.split(' ');
      if (process !== op.child) continue;
      const parent = after.get(`${MAIN} ${name}`) ?? [];
      for (const [i, page] of pages.entries())
        if (page.kind === 'device' || page.kind === 'ram')
          assert.is(place(page), place(parent[i] as MappedPage), `page ${i} of ${name} in the child`);
    }
  checkReached(op, after);
}

/** Where the pages of an operation are after it. */
function checkReached(op: UserOperation, after: Maps): void {
  if (!('name' in op) || op.op === 'mmap') return;
  const pages = after.get(`${op.process ?? MAIN} ${op.name}`);
  if (!pages) return;
  const range = (from: number, count: number): readonly MappedPage[] => pages.slice(from, from + count);
  if (op.op === 'munmap')
    assert.ok(range(op.page ?? 0, op.count ?? pages.length).every(({ kind }) => kind === 'unmapped'));
  if (op.op === 'dontneed') assert.ok(range(op.page, op.count).every(({ kind }) => kind === 'none'));
}

/** Destinations that the answer calls mapped are mapped, at the page that was asked for. */
export function checkArrived(op: UserOperation, { migrate }: UserEffects, after: Maps): void {
  if (op.op !== 'migrate') return;
  const pages = after.get(`${op.process ?? MAIN} ${op.name}`) ?? [];
  for (const [i, { page, pfn, order }] of op.to.entries()) {
    const arrived = ((migrate?.src[i] as number) & MIGRATED) !== 0;
    for (let j = 0; j < 2 ** order; j += 1)
      assert.is(pages[page + j]?.pfn === pfn + j, arrived, `page ${page + j} on device page ${pfn + j}`);
  }
}
