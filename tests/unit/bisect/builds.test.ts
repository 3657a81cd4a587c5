import * as assert from 'uvu/assert';
import { Builds } from '../../../orchestrator/bisect/builds.js';
import type { Built } from '../../../orchestrator/bisect/lab.js';
import type { Place } from '../../../orchestrator/bisect/types.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/builds');
const at = (commit: number): Place => ({ kind: 'commit', commit });

/** Builds that end when the test says so; of some commits the kernel is in the cache. */
function bench(cached: readonly number[] = []): {
  builds: Builds;
  begun: number[];
  stopped: number[];
  told: string[];
  end: (commit: number, built?: Built | Error) => Promise<void>;
} {
  const begun: number[] = [];
  const stopped: number[] = [];
  const told: string[] = [];
  const open = new Map<number, (built: Built | Error) => void>();
  const builds = new Builds(
    {
      build: (place, signal) =>
        new Promise((resolve, reject) => {
          const commit = place.kind === 'commit' ? place.commit : -1;
          begun.push(commit);
          signal.addEventListener('abort', () => {
            stopped.push(commit);
            reject(signal.reason as Error);
          });
          open.set(commit, (built) => (built instanceof Error ? reject(built) : resolve(built)));
        }),
      cached: (place) => {
        const commit = place.kind === 'commit' ? place.commit : -1;
        const built: Built = { status: 'cached', signature: `s${commit}`, ms: 0 };
        return Promise.resolve(cached.includes(commit) ? built : undefined);
      },
    },
    (place, _built, ahead) =>
      told.push(`${place.kind === 'commit' ? place.commit : ''}${ahead ? ' ahead' : ''}`),
  );
  return {
    builds,
    begun,
    stopped,
    told,
    end: async (commit, built = { status: 'built', signature: `s${commit}`, ms: 1 }) => {
      open.get(commit)?.(built);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
  };
}

test('one at a time; who waits goes before what is only likely', async () => {
  const { builds, begun, told, end } = bench();
  builds.ahead([at(1), at(2), at(3)]);
  const five = builds.need(at(5));
  // The one under way is likely still.
  builds.ahead([at(2), at(1), at(3)]);
  assert.equal(begun, [1]);
  await end(1);
  assert.equal(begun, [1, 5]);
  await end(5);
  assert.is('signature' in (await five) && (await five).ms, 1);
  assert.equal(begun, [1, 5, 2]);
  assert.equal(told, ['1 ahead', '5']);
  builds.ahead([]);
  await end(2);
  assert.equal(begun, [1, 5, 2]);
});

test('what is being built ahead is waited for, not begun again', async () => {
  const { builds, begun, end } = bench();
  builds.ahead([at(1)]);
  const one = builds.need(at(1));
  await end(1);
  await one;
  await builds.need(at(1));
  builds.ahead([at(1)]);
  assert.equal(begun, [1]);
});

test('a kernel that is there does not wait for one that is being built ahead', async () => {
  const { builds, begun, told, end } = bench([5]);
  builds.ahead([at(1), at(2)]);
  assert.is((await builds.need(at(5))).ms, 0);
  assert.equal(told, ['5']);
  await end(1);
  assert.equal(
    [begun, told],
    [
      [1, 2],
      ['5', '1 ahead'],
    ],
  );
});

test('one that is no longer likely gives way to one that is waited for', async () => {
  const { builds, begun, stopped, told, end } = bench();
  builds.ahead([at(1), at(2)]);
  const five = builds.need(at(5));
  builds.ahead([at(2)]);
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  assert.equal([begun, stopped], [[1, 5], [1]]);
  await end(5);
  await five;
  assert.equal([begun, told], [[1, 5, 2], ['5']]);
  const one = builds.need(at(1));
  builds.ahead([at(2)]);
  await end(2);
  await end(1);
  await one;
  assert.equal(begun, [1, 5, 2, 1]);
});

test('what somebody waits for is never broken off', async () => {
  const { builds, begun, stopped, end } = bench();
  const one = builds.need(at(1));
  const two = builds.need(at(2));
  builds.ahead([]);
  await end(1);
  await end(2);
  await Promise.all([one, two]);
  assert.equal([begun, stopped], [[1, 2], []]);
});

test('one whose build begins before it is found in the cache is told of once', async () => {
  let find: (built: Built) => void = () => undefined;
  const told: string[] = [];
  const builds = new Builds(
    {
      build: (place) => Promise.resolve({ status: 'cached', signature: JSON.stringify(place), ms: 1 }),
      cached: () => new Promise((resolve) => (find = resolve)),
    },
    (place) => told.push(JSON.stringify(place)),
  );
  builds.ahead([at(1)]);
  const five = await builds.need(at(5));
  find({ status: 'cached', signature: 'late', ms: 0 });
  await builds.close();
  assert.is('signature' in five && five.signature, JSON.stringify(at(5)));
  assert.equal(told, [JSON.stringify(at(1)), JSON.stringify(at(5))]);
});

test('what cannot be looked up is built in its turn', async () => {
  const begun: Place[] = [];
  const builds = new Builds(
    {
      build: (place) => {
        begun.push(place);
        return Promise.resolve({ status: 'built', signature: 'x', ms: 1 });
      },
      cached: () => Promise.reject(new Error('no such file')),
    },
    () => undefined,
  );
  builds.ahead([at(1)]);
  await builds.need(at(5));
  assert.equal(begun, [at(1), at(5)]);
});

test('trouble is told to who waits, and another attempt is made for the next', async () => {
  const { builds, begun, end } = bench();
  builds.ahead([at(1)]);
  await end(1, new Error('the disk is full'));
  const again = builds.need(at(1)).then(
    () => 'built',
    (error: unknown) => (error as Error).message,
  );
  await end(1, new Error('still full'));
  assert.is(await again, 'still full');
  assert.equal(begun, [1, 1]);
});

test('once it is closed nobody is told of what was under way', async () => {
  const { builds, told, end } = bench();
  builds.ahead([at(1)]);
  const closed = builds.close();
  await end(1);
  await closed;
  assert.equal(told, []);
});

test('who waits hears of it if the news of a kernel cannot be kept', async () => {
  const signature = 'one';
  const build = (): Promise<Built> => Promise.resolve({ status: 'built', signature, ms: 1 });
  const builds = new Builds({ build, cached: () => Promise.resolve(undefined) }, () => {
    throw new Error('the disk is full');
  });
  const one = builds.need(at(1)).then(
    () => 'built',
    (error: unknown) => (error as Error).message,
  );
  assert.is(await one, 'the disk is full');
});

test.run();
