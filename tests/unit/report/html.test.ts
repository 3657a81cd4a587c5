import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { suite } from '../../harness/suite.js';
import type { Told } from '../../../orchestrator/report/format.js';
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

/** Events of a run of which nothing but the record is known. */
function told(run: RunRecord): Told {
  const t = Date.parse(run.startedAt);
  return { run, events: [{ t, type: 'run-start', run: { ...run, points: [] } }] };
}

/** The page without what its script and style say, which is ours. */
function bare(page: string): string {
  return page.replace(/<(script|style)([^>]*)>[^]*?<\/\1>/g, '<$1$2></$1>');
}

/** Tags of a page, in order, with their attributes. */
function tags(page: string): string[] {
  return [...bare(page).matchAll(/<(?!!)[^>]*>/g)].map(([tag]) => tag);
}

test('nothing hostile becomes markup', () => {
  const page = renderHtml(told(evil()), { knownIssues: [{ ...issue, id: HOSTILE }], expired: [issue] });
  const names =
    /^<\/?(?:html|head|meta|title|style|script|body|header|nav|main|section|figure|figcaption|svg|defs|pattern|path|rect|g|text|h1|h2|h3|h4|h5|b|span|dl|dt|dd|div|table|caption|thead|tbody|tr|th|td|br|details|summary|ul|ol|li|p|pre|code|a)(?=[ >/])/;
  for (const tag of tags(page)) {
    assert.match(tag, names);
    assert.not.match(tag, /[ "]on\w+=/);
    assert.not.match(tag, / (?:src|style|srcdoc|action)=/);
  }
  assert.is([...page.matchAll(/<script/g)].length, 2);
  // eslint-disable-next-line no-control-regex -- what must not be there
  assert.not.match(page, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.match(page, '&#60;script&#62;alert(1)&#60;/script&#62;');
});

test('links go into the page, to runs beside it, or to an address of the web that we know', () => {
  const page = renderHtml(told(sampleRun()), { knownIssues: [issue] });
  for (const [, href = ''] of bare(page).matchAll(/href="([^"]*)"/g))
    assert.match(href, /^(?:#[a-z0-9]+|\.\.\/[\w-]+\/report\.html|https:\/\/.*)$/);
});

test('the tag escapes text and quoted attributes, and keeps its own markup', () => {
  assert.is(
    markup`<a title="${'"\'<>&`'}">${'<b>'}</a>`.text,
    '<a title="&#34;&#39;&#60;&#62;&#38;&#96;">&#60;b&#62;</a>',
  );
  assert.is(markup`${[markup`<i>${1}</i>`, 'x', undefined]}`.text, '<i>1</i>x');
  assert.is(markup`${'a\nb\u001b'}`.text, 'a\nb\\x1b');
});

test('indentation of our own goes, that of a value stays', () => {
  assert.is(
    markup`<pre>
      ${'a\n  b'}</pre>`.text,
    '<pre>\na\n  b</pre>',
  );
});

test('the policy admits the style and the script of the page and nothing else', () => {
  const page = renderHtml(told(sampleRun()));
  const hash = (text: string | undefined): string =>
    createHash('sha256')
      .update(text ?? '')
      .digest('base64');
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1];
  const script = /<script>([^]*?)<\/script>/.exec(page)?.[1];
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll('&#39;', "'");
  assert.is(
    policy,
    `default-src 'none'; style-src 'sha256-${hash(style)}'; script-src 'sha256-${hash(script)}'; base-uri 'none'; form-action 'none'`,
  );
  assert.ok(page.indexOf('Content-Security-Policy') < page.indexOf('<style>'));
});

test('only addresses of the web become links', () => {
  assert.is(webAddress('javascript:alert(1)'), undefined);
  assert.is(webAddress('data:text/html,x'), undefined);
  assert.is(webAddress('no address'), undefined);
  assert.is(webAddress('https://lore.kernel.org/r/x'), 'https://lore.kernel.org/r/x');
});

/** Elements that have no end, and those of which HTML needs none. */
const VOID = ['meta', 'br', 'path', 'rect'];

test('tags are balanced', () => {
  for (const run of [sampleRun(), singleRun(), evil()]) {
    const open: string[] = [];
    for (const tag of tags(renderHtml(told(run), { knownIssues: [issue] }))) {
      const name = /^<\/?(\w+)/.exec(tag)?.[1] ?? '';
      if (tag.endsWith('/>') || (VOID.includes(name) && name !== 'rect')) continue;
      if (!tag.startsWith('</')) open.push(name);
      else assert.is(open.pop(), name);
    }
    assert.equal(open, []);
  }
});

test('what the page must say', () => {
  const page = renderHtml(told(sampleRun()), { knownIssues: [issue] });
  for (const words of [
    '(base: blob hashes (4 of 4 match))',
    '<b>patch 2</b> introduces <b class="bad">5 failures</b>: 4 stale-field, 1 hang',
    '<b>patch 3</b> fixes <b class="good">5 failures</b>',
    'Patch 2: 5 introduced',
    '4 tests',
    'INFO: task hung in folio_wait_bit_common',
    '✗ stale</a></td>',
    '✗ hang</a></td>',
    'Documentation/mm/hmm.rst',
    'href="https://git.kernel.org/torvalds/c/12b2285bf3d1"',
    '--test mixed-order/S2b',
  ]) {
    assert.ok(page.includes(words), words);
  }
});

test('a failure in the matrix is a link to its story', () => {
  const page = renderHtml(told(sampleRun()));
  const links = [...page.matchAll(/<td class="v-fail"><a href="#(s\d+)">/g)].map(([, id]) => id);
  assert.is(links.length, 5);
  for (const id of links) assert.ok(page.includes(`id="${id}"`));
});

test('a failure that is there still leads to the story of the point that had it first', () => {
  const run = sampleRun();
  const [two] = run.points.slice(2, 3);
  if (two === undefined) throw new Error('the sample has five points');
  const points = run.points.map((point) =>
    point.index === 3 ? { ...point, inheritedFrom: 2, tests: [] } : point,
  );
  const entries = run.summary.introduced.map((entry) => ({ ...entry, point: 3 }));
  const page = renderHtml(
    told({ ...run, points, summary: { ...run.summary, fixed: [], stillFailing: entries } }),
  );
  const rows = [...page.matchAll(/<tr class="c"[^>]*>.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<td class="v-fail"><a href="#(s\d+)">/g)].map(([, id]) => id),
  );
  const both = rows.filter(({ length }) => length > 0);
  assert.is(both.length, 5);
  for (const [first, second] of both) assert.is(second, first);
});

test('a run of many failures stays below two megabytes, and names what it leaves out', () => {
  const run = sampleRun();
  const ids = Array.from({ length: 5000 }, (_, i) => `mixed-order/A2/${i}`);
  const tests = ids.map((id) => {
    const like = run.points[2]?.tests.find(({ verdict }) => verdict === 'fail');
    return record(id, 'fail', { ...like, id });
  });
  const introduced = ids.map((id) => ({ test: id, point: 2, failureKey: `key of ${id}` }));
  const points = run.points.map((point) => (point.index === 2 ? { ...point, tests } : point));
  const page = renderHtml(told({ ...run, points, summary: { ...run.summary, introduced } }));
  assert.ok(Buffer.byteLength(page) < 2_000_000, String(page.length));
  assert.match(page, 'to keep this file small');
});

test.run();
