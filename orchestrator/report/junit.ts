import type { PointRecord, RunRecord, TestRecord } from '../store/records.js';
import type { Format } from './format.js';
import { pointLabel, pointTests } from './point-tests.js';
import type { PointTest } from './point-tests.js';
import { splatExcerpt } from './splat-text.js';
import { countsInWords, deviationInWords, failureInWords, testsOf, titleOf } from './words.js';
import { xmlTag, xmlText } from './xml.js';

/** Deviations of one failure that are listed, and lines of each splat. */
const DEVIATIONS = 20;
const SPLAT_LINES = 60;

/** JUnit's XML as Jenkins, GitLab and GitHub actions read it: one suite for each point of the series. */
export const junit: Format = {
  name: 'junit',
  summary: 'JUnit XML, a suite for each point',
  render: ({ run }) =>
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites>',
      ...run.points.map((point, id) => suite(run, point, id)),
      '</testsuites>',
      '',
    ].join('\n'),
};

function suite(run: RunRecord, point: PointRecord, id: number): string {
  const name = pointLabel(run, point.index);
  const tests = pointTests(run, point);
  const count = (outcome: PointTest['outcome']): number =>
    tests.filter((test) => test.outcome === outcome).length;
  const own = point.inheritedFrom === undefined;
  const seconds = own ? tests.reduce((sum, { test }) => sum + timeOf(test), 0) : 0;
  const title = point.index === 0 ? point.subject : `${name}: ${point.subject}`;
  return [
    xmlTag('testsuite', {
      name: title || name,
      package: name,
      id,
      tests: tests.length,
      failures: count('failure'),
      errors: count('error'),
      skipped: count('skipped'),
      time: seconds.toFixed(3),
      // Ant's schema wants no zone, and every reader takes it for UTC.
      timestamp: run.startedAt.slice(0, 19),
      hostname: run.machine.name,
    }),
    '<properties>',
    ...properties(run, point).map(([key, value]) =>
      xmlTag('property', { name: key, value }).replace(/>$/, '/>'),
    ),
    '</properties>',
    ...tests.map((test) => testcase(name, test, own)),
    `<system-out>${xmlText(`${point.verdict}: ${point.reason}\n${countsInWords(testsOf(run, point))}`)}</system-out>`,
    '<system-err></system-err>',
    '</testsuite>',
  ].join('\n');
}

function properties(run: RunRecord, point: PointRecord): readonly (readonly [string, string])[] {
  return [
    ['run', run.id],
    ['title', titleOf(run)],
    ['verdict', point.verdict],
    ['base', `${run.base.describe} ${run.base.commit}`],
    ['commit', point.commit],
    ...(point.patchId === undefined ? [] : [['patch-id', point.patchId] as const]),
    ...(point.kernelSignature === undefined ? [] : [['kernel-signature', point.kernelSignature] as const]),
    ['profiles', run.profiles.join(', ')],
    ['accelerator', run.accelerator.name],
  ];
}

function testcase(point: string, { test, outcome, message }: PointTest, own: boolean): string {
  const inSuite = test.id.startsWith(`${test.suite}/`);
  const tag = xmlTag('testcase', {
    name: inSuite ? test.id.slice(test.suite.length + 1) : test.id,
    classname: `${point}.${inSuite ? test.suite : 'kernel'}`,
    time: (own ? timeOf(test) : 0).toFixed(3),
  });
  if (outcome === 'passed') return tag.replace(/>$/, '/>');
  const type = outcome === 'error' ? 'error' : (test.kind ?? 'fail');
  const child =
    outcome === 'skipped'
      ? xmlTag('skipped', { message }).replace(/>$/, '/>')
      : `${xmlTag(outcome, { type, message })}${xmlText(details(test))}</${outcome}>`;
  return `${tag}${child}</testcase>`;
}

/** Seconds; what was taken over from an earlier run took none here. */
function timeOf(test: TestRecord): number {
  return test.reused ? 0 : test.durationMs / 1000;
}

function details(test: TestRecord): string {
  const own = test.deviations.filter(({ known }) => known === undefined);
  const left = own.length - DEVIATIONS;
  return [
    ...failureInWords(test),
    ...(test.runs > 1 ? [`failed in ${test.matches} of ${test.runs} runs`] : []),
    ...own.slice(0, DEVIATIONS).map(deviationInWords),
    ...(left > 0 ? [`and ${left} deviations more`] : []),
    ...test.splats.flatMap(({ title, text }) => [title, ...splatExcerpt(text, SPLAT_LINES)]),
  ].join('\n');
}
