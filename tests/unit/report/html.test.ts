import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { suite } from '../../harness/suite.js';
import { renderHtml } from '../../../orchestrator/report/html.js';
import { markup, webAddress } from '../../../orchestrator/report/markup.js';
import type { RunRecord } from '../../../orchestrator/store/records.js';
import { HOSTILE, issue, record, sampleRun, singleRun } from './sample.js';

const test = suite('report/html');

/** Every string of a record, replaced by the hostile one where it may come from outside. */
function evil(): RunRecord {
  const run = sampleRun();
  const { series: _series, ...rest } = run;
  return {
    ...rest,
    series: { source: HOSTILE, title: HOSTILE, version: 1, patches: 1 },
    base: { commit: HOSTILE, describe: HOSTILE, foundBy: HOSTILE, tree: HOSTILE },
    profiles: [HOSTILE],
    machine: { name: HOSTILE, qemuVersion: HOSTILE, argv: [HOSTILE] },
    accelerator: { name: 'tcg', why: HOSTILE },
    points: run.points.map((point) => ({
      ...point,
      subject: HOSTILE,
      reason: HOSTILE,
      notCompiled: [HOSTILE],
      tests: [
        record(HOSTILE, 'fail', {
          kind: 'splat',
          failureKey: HOSTILE,
          reason: HOSTILE,
          evidence: [HOSTILE],
          splats: [
            { title: HOSTILE, altTitles: [], frames: [HOSTILE], corrupted: false, text: HOSTILE, fields: {} },
          ],
          deviations: [
            {
              kind: 'data',
              step: 1,
              field: HOSTILE,
              expected: HOSTILE,
              found: HOSTILE,
              story: HOSTILE,
              known: HOSTILE,
            },
          ],
        }),
      ],
    })),
    summary: {
      introduced: [{ test: HOSTILE, point: 2, failureKey: HOSTILE }],
      fixed: [{ test: HOSTILE, point: 3, failureKey: HOSTILE }],
      stillFailing: [{ test: HOSTILE, point: 2, failureKey: HOSTILE }],
      flaky: [{ test: HOSTILE, point: 2, failureKey: HOSTILE }],
      known: [],
    },
  };
}

/** Tags of a page, in order, with their attributes. */
function tags(page: string): string[] {
  return [...page.matchAll(/<(?!!)[^>]*>/g)].map(([tag]) => tag);
}

test('nothing hostile becomes markup', () => {
  const page = renderHtml(evil(), {
    knownIssues: [{ ...issue, id: HOSTILE }],
    notes: [HOSTILE],
    expired: [issue],
  });
  assert.not.match(page, /<script/i);
  const allowed =
    /^<\/?(?:html|head|meta|title|style|body|h1|h2|span|dl|dt|dd|div|table|thead|tbody|tr|th|td|br|details|summary|ul|li|p|pre|code|a)(?: (?:lang|charset|http-equiv|content|name|class|scope|title|href|rel)="[^"<>]*")*(?: open)?(?: \/)?>$/;
  for (const tag of tags(page)) assert.match(tag, allowed);
  // eslint-disable-next-line no-control-regex -- what must not be there
  assert.not.match(page, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.match(page, '&#60;script&#62;alert(1)&#60;/script&#62;');
});

test('the tag escapes text and quoted attributes, and keeps its own markup', () => {
  assert.is(
    markup`<a title="${'"\'<>&`'}">${'<b>'}</a>`.text,
    '<a title="&#34;&#39;&#60;&#62;&#38;&#96;">&#60;b&#62;</a>',
  );
  assert.is(markup`${[markup`<i>${1}</i>`, 'x', undefined]}`.text, '<i>1</i>x');
  assert.is(markup`${'a\nb\u001b'}`.text, 'a\nb\\x1b');
});

test('the policy admits the style of the page and nothing else', () => {
  const page = renderHtml(sampleRun());
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll('&#39;', "'");
  assert.is(policy, `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  assert.not.match(page, / (?:src|style|on\w+)="/);
  assert.ok(page.indexOf('Content-Security-Policy') < page.indexOf('<style>'));
});

test('only addresses of the web become links', () => {
  assert.is(webAddress('javascript:alert(1)'), undefined);
  assert.is(webAddress('data:text/html,x'), undefined);
  assert.is(webAddress('no address'), undefined);
  assert.is(webAddress('https://lore.kernel.org/r/x'), 'https://lore.kernel.org/r/x');
});

test('tags are balanced', () => {
  for (const run of [sampleRun(), singleRun(), evil()]) {
    const open: string[] = [];
    for (const tag of tags(renderHtml(run, { knownIssues: [issue] }))) {
      const name = /^<\/?(\w+)/.exec(tag)?.[1] ?? '';
      if (['meta', 'br'].includes(name)) continue;
      if (!tag.startsWith('</')) open.push(name);
      else assert.is(open.pop(), name);
    }
    assert.equal(open, []);
  }
});

test('what the page must say', () => {
  const page = renderHtml(sampleRun(), { knownIssues: [issue] });
  for (const words of [
    'found by blob hashes (4 of 4 match)',
    'Introduced (5)',
    'Fixed (5)',
    'written in step 1 by prep_compound_head',
    'INFO: task hung in folio_wait_bit_common',
    '<td class="fail">fail 4/4</td>',
    '<td class="known">known 4/4</td>',
    'Documentation/mm/hmm.rst',
    'href="https://git.kernel.org/torvalds/c/12b2285bf3d1"',
  ]) {
    assert.ok(page.includes(words), words);
  }
});

test('a run of many failures stays a page', () => {
  const run = sampleRun();
  const introduced = Array.from({ length: 5000 }, (_, i) => ({
    test: `a/b/${i}`,
    point: 2,
    failureKey: 'k',
  }));
  const page = renderHtml({ ...run, summary: { ...run.summary, introduced } });
  assert.match(page, 'and 4800 more, in run.json');
});

test.run();
