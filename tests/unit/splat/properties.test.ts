import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from '../../harness/suite.js';
import { scanConsole, SplatScanner } from '../../../orchestrator/splat/scanner.js';
import { Splat } from '../../../orchestrator/store/records.js';

const test = suite('splat/properties');

const FOLDER = 'tests/fixtures/splat';
const LINES = readdirSync(FOLDER).flatMap((name) => readFileSync(`${FOLDER}/${name}`, 'utf8').split('\n'));
const console_ = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...LINES) }, fc.string()), {
  maxLength: 60,
});

test('any mixture of console lines gives valid records, however it is cut into pieces', () => {
  fc.assert(
    fc.property(console_, fc.integer({ min: 1, max: 200 }), (lines, size) => {
      const text = lines.join('\n');
      const whole = scanConsole(text);
      for (const splat of whole) assert.ok(Splat.safeParse(splat).success);
      const scanner = new SplatScanner();
      const pieces: Splat[] = [];
      for (let at = 0; at < text.length; at += size) pieces.push(...scanner.push(text.slice(at, at + size)));
      pieces.push(...scanner.end());
      assert.equal(pieces, whole);
    }),
    { numRuns: 100 },
  );
});

test('a header is never lost, whatever surrounds it', () => {
  const header = '[   T99] kernel BUG at mm/memremap.c:421!';
  fc.assert(
    fc.property(console_, console_, (before, after) => {
      const titles = scanConsole([...before, header, ...after].join('\n')).map(({ title }) => title);
      assert.ok(titles.some((title) => title.startsWith('kernel BUG')));
    }),
    { numRuns: 100 },
  );
});

test('a long console without line ends does not stall the scanner', () => {
  const scanner = new SplatScanner();
  for (let i = 0; i < 2000; i++) scanner.push('x'.repeat(1000));
  assert.equal(scanner.end(), []);
});

test.run();
