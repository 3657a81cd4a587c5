import type { RunRecord } from '../../store/records.js';
import type { KnownIssue } from '../../verdict/known-issues.js';
import { markup, webAddress } from '../markup.js';
import type { Markup } from '../markup.js';
import { knownCounts } from '../words.js';

/** Deviations that count as good, with the reason; nothing where there are none. */
export function knownSection(
  run: RunRecord,
  knownIssues: readonly KnownIssue[],
  expired: readonly KnownIssue[],
): Markup | undefined {
  const counts = knownCounts(run);
  if (counts.size === 0 && expired.length === 0) return undefined;
  const items = [...counts].map(([id, tests]) => {
    const issue = knownIssues.find((one) => one.id === id);
    const address = issue === undefined ? undefined : webAddress(issue.link);
    const link =
      address === undefined ? undefined : markup` <a href="${address}" rel="noreferrer">source</a>`;
    return markup`<li><code>${id}</code>, in ${tests === 1 ? '1 test' : `${tests} tests`}${issue === undefined ? '' : `: ${issue.reason}`}${link}</li> `;
  });
  const late = expired.map(({ id, expires }) => markup`<li><code>${id}</code> expired on ${expires}</li> `);
  return markup`<section id="known"><h2>Known deviations</h2><ul>${items}${late}</ul></section>`;
}
