import * as assert from 'uvu/assert';
import { PROBES } from '../../../../orchestrator/score/coverage/trace.js';
import { Tally } from '../../../../orchestrator/score/coverage/tally.js';
import { GuestTracer } from '../../../../orchestrator/score/coverage/trace-guest.js';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { suite } from '../../../harness/suite.js';

const test = suite('score/coverage/trace-guest');

type Answer = { readonly code?: number; readonly stdout?: string; readonly stderr?: string };

/** A guest that answers scripts by a word in them. */
function guestOf(answers: Readonly<Record<string, Answer>>): {
  readonly scripts: string[];
  readonly exec: Parameters<GuestTracer['trace']>[0]['exec'];
} {
  const scripts: string[] = [];
  return {
    scripts,
    exec: async (argv) => {
      const script = argv.at(-1) ?? '';
      scripts.push(script);
      const word = Object.keys(answers).find((one) => script.includes(one)) ?? '';
      return { code: 0, stdout: '', stderr: '', ...answers[word] };
    },
  };
}

const line = (page: number): string => `0x${(0xffffea0000000000n + BigInt(page * 64)).toString(16)}`;
const TRACE = [
  `init: (zone_device_page_init+0x0/0x1b0) page=${line(0)} order=1`,
  `free: (free_zone_device_folio+0x0/0x160) folio=${line(0)}`,
  `init: (zone_device_page_init+0x0/0x1b0) page=${line(1)} order=0`,
].join('\n');

test('what was traced is in the tally', async () => {
  const tally = new Tally();
  const tracer = new GuestTracer(tally);
  const guest = guestOf({ '/trace': { stdout: TRACE } });
  await (
    await tracer.trace(guest)
  )();
  assert.is(tracer.problem, undefined);
  assert.is(tracer.events, 3);
  assert.equal(tally.transitions.map(transitionText), ['fresh→head/1', 'fresh→tail1/1', 'tail1/1→order0']);
  assert.equal(tally.get(tally.transitions[0] as number), { pages: 1 });
  for (const probe of PROBES) assert.ok(guest.scripts[0]?.includes(`echo '${probe}'`));
});

test('each guest begins with pages that nothing has happened to', async () => {
  const tally = new Tally();
  const tracer = new GuestTracer(tally);
  for (let run = 0; run < 2; run++) await (await tracer.trace(guestOf({ '/trace': { stdout: TRACE } })))();
  assert.is(tally.transitions.length, 3);
  assert.equal(tally.get(tally.transitions[0] as number), { pages: 2 });
});

test('a kernel without kprobe events is told, and the program runs all the same', async () => {
  const tracer = new GuestTracer(new Tally());
  const guest = guestOf({
    'set -e': { code: 1, stderr: 'mount: mounting tracefs failed: No such device\n' },
  });
  await (
    await tracer.trace(guest)
  )();
  assert.match(tracer.problem?.message ?? '', /the start of the trace: exit 1: mount: .*No such device$/);
  assert.match(tracer.problem?.details.remedy ?? '', /trace\.config/);
  assert.is(guest.scripts.length, 1, 'there is nothing to read');
});

test('a trace with holes counts for nothing', async () => {
  const tally = new Tally();
  const tracer = new GuestTracer(tally);
  const guest = guestOf({
    'tracing_on && cat': { stdout: 'entries: 3\noverrun: 7\n' },
    '/trace': { stdout: TRACE },
  });
  await (
    await tracer.trace(guest)
  )();
  assert.match(tracer.problem?.message ?? '', /^7 events are missing/);
  assert.equal(tally.transitions, []);
});

test('events that contradict each other are told', async () => {
  const tracer = new GuestTracer(new Tally());
  const again = `${TRACE}\n${TRACE.split('\n')[2] ?? ''}`;
  await (
    await tracer.trace(guestOf({ '/trace': { stdout: again } }))
  )();
  assert.match(tracer.problem?.message ?? '', /^1 events of the trace contradict/);
});

test.run();
