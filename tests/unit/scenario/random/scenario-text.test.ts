import * as assert from 'uvu/assert';
import { expandScenario } from '../../../../orchestrator/scenario/expand.js';
import { scenarioText } from '../../../../orchestrator/scenario/random/scenario-text.js';
import { Step } from '../../../../orchestrator/scenario/schema.js';
import { parseYaml } from '../../../../orchestrator/scenario/yaml-source.js';
import { suite } from '../../../harness/suite.js';

const test = suite('scenario/random/scenario-text');

const head = {
  id: 'random-1-2',
  title: "it's: a title",
  guards: 'hang: f < g',
  origin: 'Generated campaign of seed 1, sequence 2',
  features: ['migrate'],
  comments: ['seed: 1'],
};

test('what a reader need not see is left out, and quoted is what YAML would take for a number or a key', () => {
  const steps = [
    Step.parse({ init: { pfn: 0, order: 9, zdd: '0x10' } }),
    Step.parse({ free: { pfn: 0, how: 'folio' } }),
    Step.parse({ mmap: { pages: 4, thp: true } }),
    Step.parse({ munmap: { name: 'n', page: 1, pages: 1 } }),
    Step.parse({ migrate: { to: [{ page: 0, pfn: 3, order: 0 }] }, expect: { migrated: 0 } }),
    Step.parse({ verify: { in: 'c' } }),
    Step.parse({ evict: {} }),
  ];
  const text = scenarioText(head, steps);
  assert.equal(text.split('\n').slice(0, -1), [
    '# yaml-language-server: $schema=./schema.json',
    '# seed: 1',
    'id: random-1-2',
    "title: 'it''s: a title'",
    "guards: 'hang: f < g'",
    'origin: Generated campaign of seed 1, sequence 2',
    'requires: { features: [migrate] }',
    'steps:',
    "  - init: { pfn: 0, order: 9, zdd: '0x10' }",
    '  - free: { pfn: 0, how: folio }',
    '  - mmap: { pages: 4, thp: true }',
    '  - munmap: { name: n, page: 1, pages: 1 }',
    '  - migrate: { to: [{ page: 0, pfn: 3, order: 0 }] }',
    '    expect: { migrated: 0 }',
    '  - verify: { in: c }',
    '  - evict: {}',
  ]);
  const [read] = expandScenario(parseYaml(text, 'x.yaml'), 's', 'random-1-2');
  assert.equal([read?.steps, read?.title, read?.guards], [steps, head.title, head.guards]);
});

test('a long list has a line for each entry', () => {
  const to = Array.from({ length: 5 }, (_, page) => ({ page, pfn: 512 + page, order: 0 }));
  const steps = [Step.parse({ migrate: { name: 'n', to } })];
  const text = scenarioText(head, steps);
  assert.match(text, '  - migrate:\n      name: n\n      to:\n        - { page: 0, pfn: 512, order: 0 }\n');
  assert.equal(expandScenario(parseYaml(text, 'x.yaml'), 's', 'random-1-2')[0]?.steps, steps);
});

test.run();
