import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { free, init, made, PLAYED_PAGES, run } from './support.js';

const test = suite('scenario/watch');

test('who looks on sees every answer of a case with the pages after it, also of what ends its mappings, and no reset', async () => {
  const seen: string[] = [];
  let sizes = new Set<number>();
  const mmap = { mmap: { name: 'm', pages: 4, thp: false } };
  await run(
    [made('a', [init(0, 0), free(0)]), made('b', [mmap])],
    {},
    {
      watch: (one, hello) => {
        assert.is(hello.chunk.pages, PLAYED_PAGES);
        return (request, reply, bytes) => {
          seen.push(`${one.id} ${request.op} ${reply.ok}`);
          sizes = sizes.add(bytes.length);
        };
      },
    },
  );
  assert.equal(seen, ['t/a init true', 't/a free true', 't/b mmap true', 't/b munmap true']);
  assert.equal([...sizes], [PLAYED_PAGES * 64]);
});

test.run();
