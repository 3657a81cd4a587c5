import type { RunRecord } from '../../store/records.js';
import { shellQuote } from '../../run/repro.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { duration } from '../words.js';

/** What the run was made with, for who wants to make it again. */
export function factsSection(run: RunRecord): Markup {
  const { base, accelerator, machine, askedFor } = run;
  const rows: readonly (readonly [string, string])[] = [
    ['base', `${base.describe} (${base.commit}), found by ${base.foundBy}`],
    ['tree', base.tree],
    ['series', run.series === undefined ? 'none: the tree as it stands' : run.series.source],
    ['profiles', run.profiles.join(', ')],
    ...(askedFor === undefined ? [] : ([['suites', askedFor.suites.join(', ')]] as const)),
    ...(askedFor?.config ?? []).flatMap(({ profile, differs }) =>
      differs.length === 0 ? [] : ([[`config of ${profile}`, differs.join(' ')]] as const),
    ),
    ['guest', `${machine.name}, ${machine.qemuVersion}`],
    ['accelerator', `${accelerator.name}: ${accelerator.why}`],
    ['run', `${run.id}, started ${run.startedAt}, by version ${run.toolVersion}`],
    [
      'time',
      Object.entries(run.timings)
        .map(([name, ms]) => `${name} ${duration(ms)}`)
        .join(', '),
    ],
    ['seed', run.seed],
    ['exit code', String(run.exitCode)],
  ];
  const list = rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value === '' ? '–' : value}</dd> `);
  const command =
    machine.argv.length === 0
      ? undefined
      : markup`<details><summary>QEMU command</summary><pre tabindex="0">${machine.argv.map(shellQuote).join(' ')}</pre></details>`;
  return markup`<section id="facts">
    <h2>How it was made</h2>
    <dl class="facts">${list}</dl>
    ${command}
  </section>`;
}
