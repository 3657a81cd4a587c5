import path from 'node:path';
import * as assert from 'uvu/assert';
import { renderHtml } from '../../../orchestrator/report/html.js';
import { pageNeeds } from '../../../orchestrator/report/html/page-lines.js';
import { readOwnJournal } from '../../../orchestrator/store/journal.js';
import { suite } from '../../harness/suite.js';
import { RECORDED, recorded } from './recorded.js';

const test = suite('report/page lines');

test('a page made from the lines that it needs is the page made from all of them', () => {
  let left = 0;
  for (const name of RECORDED) {
    const { run, events } = recorded(name);
    const few = readOwnJournal(path.join('tests/fixtures/runs', name, 'events.jsonl'), pageNeeds);
    left += events.length - few.length;
    assert.is(renderHtml({ run, events: few }), renderHtml({ run, events }), name);
  }
  assert.ok(left > 20, `${left} lines left out`);
});

test('a line of unknown make is needed', () => {
  for (const line of ['{"type":"point-end","t":1}', '{"t":1,"type":"news"}', ''])
    assert.ok(pageNeeds(Buffer.from(line)), line);
  assert.not.ok(pageNeeds(Buffer.from('{"t":1,"type":"point-end"}')));
});

test.run();
