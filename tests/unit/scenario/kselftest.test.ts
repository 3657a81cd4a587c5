import * as assert from 'uvu/assert';
import { runKselftest } from '../../../orchestrator/scenario/kselftest.js';
import type { KselftestOptions } from '../../../orchestrator/scenario/kselftest.js';
import type { LeasedGuest } from '../../../orchestrator/scenario/protocol.js';
import type { KselftestSuite } from '../../../orchestrator/scenario/suite-file.js';
import { scanConsole } from '../../../orchestrator/splat/scanner.js';
import type { Event, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { HELLO, oops } from './fake-guest.js';

const test = suite('scenario/kselftest');
const SUITE: KselftestSuite = {
  kind: 'kselftest',
  id: 'hmm-tests',
  title: 't',
  prepare: [['insmod', '/modules/test_hmm.ko', '$memory:test_hmm']],
  run: ['/bin/hmm-tests'],
  exclude: [],
  deadlineMs: 1000,
  digest: '',
};

/** What a guest's program prints, piece by piece; a function is something that happens between two pieces. */
type Script = readonly (string | ((say: (console: string) => void) => void))[];

async function run(
  scripts: readonly Script[],
  more: {
    suite?: Partial<KselftestSuite>;
    code?: number | null;
    prepare?: number;
    buildError?: string;
    memory?: string[];
    trace?: KselftestOptions['trace'];
    /** The wait for the console of a real guest; the consoles here do not lag. */
    lags?: boolean;
  } = {},
): Promise<{ records: TestRecord[]; events: Event[]; guests: number; commands: (readonly string[])[] }> {
  const commands: (readonly string[])[] = [];
  const events: Event[] = [];
  let guests = 0;
  const pool = {
    acquire: async (): Promise<LeasedGuest> => {
      const script = scripts[Math.min(guests, scripts.length - 1)] ?? [];
      guests += 1;
      let console = 'booted\n';
      return {
        hello: HELLO,
        fresh: true,
        mended: false,
        noteMended: () => undefined,
        history: [],
        lost: new Promise(() => undefined),
        consoleText: () => console,
        request: async () => ({ ok: true }),
        release: () => undefined,
        discard: async () => undefined,
        exec: async (argv, { onStdout }) => {
          commands.push(argv);
          if (argv[0] === 'insmod')
            return { code: more.prepare ?? 0, stdout: '', stderr: 'insmod: no such module' };
          let stdout = '';
          for (const piece of script) {
            if (typeof piece === 'function') piece((text) => (console += text));
            else {
              onStdout?.(piece);
              stdout += piece;
            }
          }
          return { code: more.code === undefined ? 0 : more.code, stdout, stderr: '' };
        },
      };
    },
  };
  const records = await runKselftest(
    { ...SUITE, ...more.suite },
    {
      pool,
      point: 1,
      parseSplats: scanConsole,
      emit: (event) => void events.push(event),
      timeScale: 1,
      ...(more.lags === true ? {} : { consoleLagMs: 0 }),
      ...(more.trace ? { trace: more.trace } : {}),
      ...(more.memory ? { memoryParameters: () => more.memory ?? [] } : {}),
      ...(more.buildError === undefined ? {} : { buildError: more.buildError }),
    },
  );
  return { records, events, guests, commands };
}

const PASS: Script = [
  'TAP version 13\n1..2\n',
  '# RUN hmm.a ...\nok 1 hmm.a\n',
  'ok 2 hmm.b # SKIP no memory\n',
];
const FAIL: Script = [
  'TAP version 13\n1..2\n',
  'ok 1 hmm.a\n',
  '# hmm-tests.c:560:b:Expected ret (-16) == 0 (0)\nnot ok 2 hmm.b\n',
];
const view = (records: readonly TestRecord[]): unknown[] =>
  records.map((one) => [one.id, one.verdict, one.runs, one.matches]);

test('passes and skips, one run', async () => {
  const { records, guests, events } = await run([PASS]);
  assert.equal(view(records), [
    ['hmm-tests/hmm.a', 'pass', 1, 0],
    ['hmm-tests/hmm.b', 'skip', 1, 0],
  ]);
  assert.is(records[1]?.reason, 'no memory');
  assert.is(guests, 1);
  assert.equal(
    events.map((event) => event.type),
    ['test-start', 'test-end', 'test-end'],
  );
});

test('a failure is run again: both times is a failure, once is flaky', async () => {
  const twice = await run([FAIL], { code: 1 });
  assert.equal(view(twice.records)[1], ['hmm-tests/hmm.b', 'fail', 2, 2]);
  assert.match(twice.records[1]?.failureKey ?? '', 'fail: hmm.b: hmm-tests.c:N:b:Expected ret (-N) == N (N)');
  const once = await run([
    FAIL,
    PASS.map((piece) =>
      typeof piece === 'string' ? piece.replace('ok 2 hmm.b # SKIP no memory', 'ok 2 hmm.b') : piece,
    ),
  ]);
  assert.equal(view(once.records)[1], ['hmm-tests/hmm.b', 'flaky', 2, 1]);
});

test('a splat fails the test that it came in, which said ok', async () => {
  const script: Script = [
    '1..3\nok 1 hmm.a\n',
    '# RUN hmm.b ...\n',
    (say) => say(oops('mm/huge_memory.c:3716')),
    'ok 2 hmm.b\n',
    'ok 3 hmm.c\n',
  ];
  const { records, guests } = await run([script]);
  assert.equal(
    records.map((one) => [one.verdict, one.kind]),
    [
      ['pass', undefined],
      ['fail', 'splat'],
      ['pass', undefined],
    ],
  );
  assert.is(guests, 1, 'a splat is not run again');
});

test('a splat that the console shows a little after the end of the program is seen', async () => {
  const script: Script = [
    '1..1\nok 1 hmm.a\n',
    (say) => void setTimeout(() => say(oops('mm/huge_memory.c:3716')), 20),
  ];
  const { records } = await run([script], { lags: true });
  assert.equal([records[0]?.verdict, records[0]?.kind], ['fail', 'splat']);
});

test('a program that ends early leaves its planned tests failed', async () => {
  const { records } = await run([['1..2\nok 1 hmm.a\n', (say) => say(oops('mm/memory.c:1'))]], {
    code: null,
  });
  assert.equal(
    records.map((one) => [one.verdict, one.kind]),
    [
      ['pass', undefined],
      ['fail', 'splat'],
    ],
  );
});

test('a splat that only the second run has is believed', async () => {
  const results = ['1..2\n', 'ok 1 a\n', 'not ok 2 b\n'];
  const warning = oops('mm/x.c:1').replace(
    'kernel BUG at mm/x.c:1!',
    'WARNING: mm/x.c:1 at f+0x1/0x2, CPU#0: hmm-tests/70',
  );
  const { records } = await run([results, [results[0] ?? '', (say) => say(warning), ...results.slice(1)]], {
    code: 1,
  });
  const a = records.find(({ id }) => id.endsWith('/a'));
  assert.equal([a?.verdict, a?.kind, a?.runs], ['fail', 'splat', 2]);
});

test('a failing test does not explain a program that was killed after its last result', async () => {
  const { records } = await run([['1..2\n', 'ok 1 a\n', 'not ok 2 b\n']], { code: null });
  const whole = records.find(({ id }) => id === 'hmm-tests/run');
  assert.is(whole?.verdict, 'fail');
  assert.match(whole?.reason ?? '', 'every test has a result, but the program ended with status by a signal');
});

test('no result is an error, never a pass', async () => {
  const { records } = await run([['hello\n']]);
  assert.equal(view(records), [['hmm-tests/run', 'error', 1, 0]]);
  assert.match(records[0]?.reason ?? '', 'no test result');
});

test('a preparation that fails is our error with its words', async () => {
  const { records } = await run([PASS], { prepare: 1 });
  assert.is(records[0]?.verdict, 'error');
  assert.match(
    records[0]?.reason ?? '',
    'insmod /modules/test_hmm.ko in the guest: exit 1: insmod: no such module',
  );
});

test('a module is told of the memory that the machine reserves for it', async () => {
  const { commands } = await run([PASS], { memory: ['spm_addr_dev0=0x40000000'] });
  assert.equal(commands[0], ['insmod', '/modules/test_hmm.ko', 'spm_addr_dev0=0x40000000']);
});

test('what could not be built is skipped', async () => {
  const { records, guests } = await run([PASS], { buildError: 'hmm-tests.c:1: error' });
  assert.equal([records[0]?.verdict, guests], ['skip', 0]);
});

test('a bad exit status is not hidden by passing tests', async () => {
  const { records } = await run([['1..1\nok 1 hmm.a\n']], { code: 3 });
  assert.equal(
    records.map((one) => one.verdict),
    ['pass', 'fail'],
  );
  assert.match(records[1]?.reason ?? '', 'status 3');
});

test('what cannot run is left out by the harness, and said', async () => {
  const exclude = [{ test: 'hmm.coherent.large', reason: 'has no large pages, whatever the kernel does' }];
  const made = await run([PASS], { suite: { run: ['/bin/hmm-tests', '$exclude', '-v', 'c'], exclude } });
  assert.equal(made.commands.at(-1), ['/bin/hmm-tests', '-T', 'large', '-v', 'c']);
  const skipped = made.records.at(-1);
  assert.is(skipped?.id, 'hmm-tests/hmm.coherent.large');
  assert.is(skipped?.verdict, 'skip');
  assert.is(skipped?.reason, exclude[0]?.reason);
});

test('a trace begins when the driver is loaded and ends when the program has, in each guest', async () => {
  const trace: KselftestOptions['trace'] = async (guest) => {
    const say = async (what: string): Promise<void> => {
      await guest.exec([what], { what, deadlineMs: 1000 });
    };
    await say('begin');
    return () => say('end');
  };
  const { commands } = await run([['1..1\nnot ok 1 hmm.a\n'], ['1..1\nok 1 hmm.a\n']], { trace, code: 1 });
  const once = ['insmod', 'begin', '/bin/hmm-tests', 'end'];
  assert.equal(
    commands.map(([word]) => word),
    [...once, ...once],
  );
});

test.run();
