import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { readSeries } from '../../../orchestrator/series/read.js';
import type { Series } from '../../../orchestrator/series/types.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { commitLine, diffOf, kernelRepo, ownCache, userGit, write } from './fake-tree.js';
import { mail, review, type FakeMail } from './mails.js';

ownCache();
const test = suite('series/read', { timeoutMs: 30_000 });
const files = scratchDir('mbox');
const repo = kernelRepo();
const base = userGit(repo, 'rev-parse', 'HEAD');
const diffs = [10, 20, 30].map((line) => {
  commitLine(repo, 'mm/memremap.c', line, `changed ${line}`);
  return diffOf(repo);
});
const [d1 = '', d2 = ''] = diffs;

let count = 0;
function file(content: string | Uint8Array, name = `box-${(count += 1)}.mbox`): string {
  const path = join(files, name);
  writeFileSync(path, content);
  return path;
}

const read = (content: string | Uint8Array): Promise<Series> => readSeries(file(content));

async function fails(spec: Promise<unknown>, pattern: RegExp): Promise<CiError> {
  try {
    await spec;
  } catch (error) {
    if (!(error instanceof CiError)) throw error;
    assert.is(error.fault, 'usage');
    assert.match(error.message, pattern);
    assert.ok(error.details.remedy, 'a remedy is offered');
    assert.ok(error.details.where, 'says where');
    return error;
  }
  return assert.unreachable('it was taken') as never;
}

function thread(version: string, n = 3): FakeMail[] {
  const tag = version === '' ? '' : ` ${version}`;
  const cover = `cover${version}@example.org`;
  return [
    {
      subject: `[PATCH mm-unstable${tag} 0/${n}] mm: re-init of device folios`,
      id: cover,
      body: `What ${version} does.\n`,
    },
    ...diffs.map((diff, i) => ({
      subject: `[PATCH mm-unstable${tag} ${i + 1}/${n}] mm/memremap: step ${i + 1}`,
      id: `p${i + 1}${version}@example.org`,
      replyTo: cover,
      diff,
    })),
  ];
}

const subjects = (series: Series): string[] => series.patches.map(({ subject }) => subject);
const STEPS = ['mm/memremap: step 1', 'mm/memremap: step 2', 'mm/memremap: step 3'];

test('the output of git format-patch, with a cover letter', async () => {
  const box = execFileSync('git', ['format-patch', '--stdout', '--cover-letter', base], {
    cwd: repo,
    encoding: 'utf8',
  });
  const series = await read(box.replace('*** SUBJECT HERE ***', 'mm: three changes'));
  assert.is(series.title, 'mm: three changes');
  assert.is(series.version, 1);
  assert.equal(
    series.patches.map(({ index }) => index),
    [1, 2, 3],
  );
  const [first] = series.patches;
  assert.equal(first?.files, ['mm/memremap.c']);
  assert.match(first?.patchId ?? '', /^[0-9a-f]{40}$/);
  assert.is(first?.author, 'A Developer <dev@example.org>');
  assert.match(first?.message ?? '', /^Body of .*\n\nSigned-off-by: A Developer/);
  assert.match(first?.date ?? '', /^@17\d{8} \+0000$/);
});

test('a thread: cover, reviews that quote the diffs, out of order, one mail twice', async () => {
  const [cover, one, two, three] = thread('v6') as [FakeMail, FakeMail, FakeMail, FakeMail];
  const copy = mail(two);
  const series = await read(
    [
      mail(three),
      review(three, 'Jane Reviewer'),
      copy,
      mail(cover),
      review(cover, 'Joe'),
      copy,
      mail(one),
    ].join(''),
  );
  assert.equal(subjects(series), STEPS);
  assert.is(series.title, 'mm: re-init of device folios');
  assert.is(series.version, 6);
  assert.is(series.messageId, 'coverv6@example.org');
  assert.match(series.coverLetter ?? '', /What v6 does/);
  assert.equal(series.notes, ['1 copy of mails left out (same message-id)', '2 replies left out']);
});

test("a maintainer's and a robot's mails about the series are none of it", async () => {
  const others = [
    mail({
      subject: '+ mm-memremap-step-1.patch added to mm-new branch',
      id: 'akpm@x',
      body: 'The patch titled\n',
      diff: d1,
    }),
    mail({
      subject: '[merged mm-stable] mm-memremap-step-2.patch removed from -mm tree',
      id: 'm@x',
      diff: d2,
    }),
    mail({
      subject: '[syzbot ci] Re: mm: re-init of device folios',
      id: 's@x',
      body: 'syzbot ci has tested\n',
    }),
    mail({ subject: '✓ CI.KUnit: success for mm: re-init', id: 'c@x', body: '== Summary ==\n' }),
  ];
  const series = await read([...thread('v6').map(mail), ...others].join(''));
  assert.equal(subjects(series), STEPS);
  assert.ok(series.notes.some((note) => note.startsWith('3 other mails left out')));
});

test('two versions in one file: the newest is taken, and said', async () => {
  const old = thread('').map((item) => mail({ ...item, ...(item.diff === undefined ? {} : { diff: d1 }) }));
  const series = await read([...thread('v2').map(mail), ...old].join(''));
  assert.is(series.version, 2);
  assert.equal(subjects(series), STEPS);
  assert.match(Buffer.from(series.patches[2]?.diff ?? []).toString(), /changed 30/);
  assert.ok(series.notes.includes('v1 (3 patches) left out: v2 is newer'));
});

test('v10 is newer than v9', async () => {
  const series = await read([...thread('v10'), ...thread('v9')].map(mail).join(''));
  assert.is(series.version, 10);
});

test('an RFC and a series of the same version: the later one', async () => {
  const rfc = thread('RFC').map((item) => ({ ...item, date: 'Mon, 05 Jan 2026 10:00:00 +0100' }));
  const series = await read([...thread(''), ...rfc].map(mail).join(''));
  assert.ok(series.notes.includes('RFC v1 (3 patches) left out: v1 is newer'));
});

test('one patch sent anew as v2.1 replaces that of v2', async () => {
  const again = mail({
    subject: '[PATCH mm-unstable v2.1 2/3] mm/memremap: step 2',
    id: 'x@y',
    diff: d2.replace('changed 20', 'better 20'),
  });
  const series = await read([...thread('v2').map(mail), again].join(''));
  assert.is(series.version, 2);
  assert.is(series.patches.length, 3);
  assert.match(Buffer.from(series.patches[1]?.diff ?? []).toString(), /better 20/);
  assert.ok(series.notes.includes('2/3 taken from v2.1'));
});

for (const encoding of ['base64', 'quoted-printable'] as const) {
  test(`${encoding} bodies decode to the same patch`, async () => {
    const plain: FakeMail = {
      subject: '[PATCH] mm: ümlaut',
      from: 'Jörg Ä <j@example.org>',
      body: 'Grüße = ok.\n',
      diff: d1,
    };
    const wanted = await read(mail(plain));
    const series = await read(mail({ ...plain, encoding }));
    assert.is(series.patches[0]?.patchId, wanted.patches[0]?.patchId);
    assert.match(series.patches[0]?.message ?? '', /Grüße = ok/);
    assert.is(series.patches[0]?.author, 'Jörg Ä <j@example.org>');
  });
}

test('CRLF line ends are undone', async () => {
  const series = await read(mail({ subject: '[PATCH] x', diff: d1 }).replaceAll('\n', '\r\n'));
  assert.not.ok(Buffer.from(series.patches[0]?.diff ?? []).includes(13));
});

test('format=flowed is undone', async () => {
  const stuffed = d1.replaceAll(/^ /gm, '  ');
  const series = await read(
    mail({ subject: '[PATCH] x', diff: stuffed, contentType: 'text/plain; charset=UTF-8;\n format=flowed' }),
  );
  const plain = await read(mail({ subject: '[PATCH] x', diff: d1 }));
  assert.is(series.patches[0]?.patchId, plain.patches[0]?.patchId);
  assert.match(Buffer.from(series.patches[0]?.diff ?? []).toString(), /^ memremap line 9$/m);
});

test('an in-body From: is the author', async () => {
  const series = await read(
    mail({ subject: '[PATCH] x', body: 'From: Real Author <real@example.org>\n\nText.\n', diff: d1 }),
  );
  assert.is(series.patches[0]?.author, 'Real Author <real@example.org>');
});

test('an encoded subject keeps its k/n', async () => {
  const encoded = (text: string): string => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
  const series = await read(
    mail({ subject: encoded('[PATCH 2/2] mm: zweïtens'), id: 'b@x', diff: d2 }) +
      mail({ subject: encoded('[PATCH 1/2] mm: ërstens'), id: 'a@x', diff: d1 }),
  );
  assert.equal(subjects(series), ['mm: ërstens', 'mm: zweïtens']);
});

test('base-commit: below the diff or in the cover letter', async () => {
  const footer = `base-commit: ${base}\nprerequisite-patch-id: ${'1'.repeat(40)}`;
  const below = await read(mail({ subject: '[PATCH] x', diff: d1, footer }));
  assert.is(below.baseCommit, base);
  assert.ok(below.notes.some((note) => note.includes('1 prerequisite')));
  const [cover, ...rest] = thread('v3');
  const inCover = await read([{ ...(cover as FakeMail), footer }, ...rest].map(mail).join(''));
  assert.is(inCover.baseCommit, base);
});

test('a missing patch is named', async () => {
  const [cover, one, , three] = thread('v6') as [FakeMail, FakeMail, FakeMail, FakeMail];
  const error = await fails(
    read([cover, one, three].map(mail).join('')),
    /not complete: v6 lacks patch 2\/3$/,
  );
  assert.match(error.details.where ?? '', /box-\d+\.mbox:\d+$/);
});

test('a reply with a diff of its own is no patch', async () => {
  const reply = mail({ subject: 'Re: [PATCH] x', id: 'r@x', body: 'How about this?\n', diff: d2 });
  const series = await read(mail({ subject: '[PATCH] x', id: 'p@x', diff: d1 }) + reply);
  assert.is(series.patches.length, 1);
  assert.ok(series.notes.includes('1 reply left out, 1 of them with a diff of its own'));
});

test('resent: the later mail is taken', async () => {
  const first = mail({ subject: '[PATCH 1/1] x', id: 'a@x', diff: d1 });
  const again = mail({ subject: '[PATCH RESEND 1/1] x', id: 'b@x', diff: d2 });
  const series = await read(again.replace(/^Date: .*$/m, 'Date: Thu, 15 Jan 2026 10:00:00 +0000') + first);
  assert.match(Buffer.from(series.patches[0]?.diff ?? []).toString(), /changed 20/);
  assert.ok(series.notes.includes('1/1 is there twice, the later mail is taken'));
});

test('two different series in one file', async () => {
  const a =
    mail({ subject: '[PATCH 1/2] mm: a', id: 'a@x', diff: d1 }) +
    mail({ subject: '[PATCH 2/2] mm: b', id: 'b@x', diff: d2 });
  const b =
    mail({ subject: '[PATCH 1/2] mm: c', id: 'c@x', diff: d1 }) +
    mail({ subject: '[PATCH 2/2] mm: d', id: 'd@x', diff: d2 });
  const error = await fails(read(a + b), /two different series: 1\/2 is both "mm: a" and "mm: c"/);
  assert.match(error.details.detail ?? '', /:\d+: mm: a\n.*:\d+: mm: c/);
});

test('patches without numbers: the order of the file', async () => {
  const series = await read(
    mail({ subject: '[PATCH] b', id: '1@x', diff: d1 }) + mail({ subject: '[PATCH] a', id: '2@x', diff: d2 }),
  );
  assert.equal(subjects(series), ['b', 'a']);
  assert.is(series.title, 'b (and 1 more)');
});

test('format-patch -k has no marks', async () => {
  const box = execFileSync('git', ['format-patch', '-k', '--stdout', base], { cwd: repo, encoding: 'utf8' });
  assert.is((await read(box)).patches.length, 3);
});

test('a numbered patch without a diff is an empty patch', async () => {
  const series = await read(
    mail({ subject: '[PATCH 1/2] a', id: 'a@x' }) + mail({ subject: '[PATCH 2/2] b', id: 'b@x', diff: d1 }),
  );
  assert.is(series.patches[0]?.patchId, '');
  assert.equal(series.patches[0]?.files, []);
});

test('a gzipped mbox, as list archives offer it', async () => {
  const series = await read(gzipSync(thread('v6').map(mail).join('')));
  assert.equal(subjects(series), STEPS);
});

test('a bare diff', async () => {
  const series = await readSeries(file(d1, 'my-fix.diff'));
  assert.equal(subjects(series), ['my-fix']);
  assert.equal(series.patches[0]?.files, ['mm/memremap.c']);
});

test('a diff that is not UTF-8 keeps its bytes', async () => {
  const latin = Buffer.from(d1.replace('changed 10', 'ge\xe4ndert'), 'latin1');
  const head = Buffer.from('From x Mon Sep 17 00:00:00 2001\nFrom: a <a@b>\nSubject: [PATCH] x\n\n---\n');
  const series = await read(Buffer.concat([head, latin]));
  assert.ok(Buffer.from(series.patches[0]?.diff ?? []).includes(Buffer.from('ge\xe4ndert', 'latin1')));
});

test('a directory of *.patch, by name, other files left alone', async () => {
  const dir = scratchDir('patches');
  execFileSync('git', ['format-patch', '-q', '--cover-letter', '-o', dir, base], { cwd: repo });
  write(dir, 'README', 'no patch');
  const { patches } = await readSeries(dir);
  assert.is(patches.length, 3);
  const files = readdirSync(dir).filter((name) => /^000[1-3].*\.patch$/.test(name));
  const hashes = execFileSync('sha256sum', files, { cwd: dir, encoding: 'utf8' });
  assert.equal(
    patches.map(({ sha256 }) => sha256),
    hashes
      .trim()
      .split('\n')
      .map((line) => line.slice(0, 64)),
    'each as sha256sum says of its file',
  );
});

test('standard input', async () => {
  const box = Buffer.from(thread('v6').map(mail).join(''));
  const series = await readSeries('-', {
    stdin: (async function* () {
      yield box.subarray(0, 700);
      yield box.subarray(700);
    })(),
  });
  assert.equal(subjects(series), STEPS);
  assert.is(series.source, 'standard input');
});

test('the bundled series', async () => {
  for (const name of ['reinit-lost', 'split-callback']) {
    const series = await readSeries(join(import.meta.dirname, '../../../../tests/series', `${name}.mbox`));
    assert.is(series.patches.length, 3);
    assert.equal(series.notes, []);
  }
});

const noMail: readonly [string, string | Uint8Array, RegExp][] = [
  ['an empty file', '', /is empty/],
  ['only white space', ' \n\n', /is empty/],
  ['a binary', Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(64)]), /binary/],
  ['C source', '#include <linux/mm.h>\nint main(void) { return 0; }\n', /not an mbox/],
  ['a saved web page', '<!DOCTYPE html>\n<html><body>[PATCH]</body></html>', /web page/],
  ['a broken gzip', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), /cannot be unpacked/],
  [
    'only replies',
    review({ subject: '[PATCH] x', id: 'x@y', diff: 'diff --git a/x b/x\n' }, 'Jane'),
    /no patch .* only 1 reply/,
  ],
  ['only a cover letter', mail({ subject: '[PATCH 0/3] x' }), /no patch .* only 1 cover letter/],
];
for (const [name, content, pattern] of noMail) {
  test(`refused: ${name}`, async () => {
    await fails(read(content), pattern);
  });
}

test('refused: no such file, and what the forms are', async () => {
  const error = await fails(readSeries('./nothing/here.mbox'), /no such file/);
  assert.match(error.details.remedy ?? '', /message-id/);
});

test('refused: a directory without patches; a kernel tree says what to write', async () => {
  const empty = join(files, 'empty');
  mkdirSync(empty, { recursive: true });
  await fails(readSeries(empty), /no \*\.patch files/);
  const error = await fails(readSeries(repo), /no \*\.patch files/);
  assert.match(error.details.remedy ?? '', /--tree/);
});

test('refused: more than any series is big', async () => {
  const big = file(Buffer.alloc(65 * 2 ** 20, 'x'));
  await fails(readSeries(big), /too big/);
});

test.run();
