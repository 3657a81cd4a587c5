import { digestOf } from './digest.js';
import type { Told } from './format.js';
import { loadAssets } from './html/assets.js';
import { baselineSection } from './html/baseline.js';
import { coverageSection } from './html/coverage.js';
import { factsSection } from './html/facts.js';
import { headSection } from './html/head.js';
import { knownSection } from './html/known.js';
import { matrixSection } from './html/matrix.js';
import { sharedDefs } from './html/memory-svg.js';
import { pointsSection } from './html/points.js';
import { scoreSection } from './html/score.js';
import { storiesOf } from './html/stories.js';
import { timelineSection } from './html/timeline.js';
import { trendSection } from './html/trend.js';
import type { PageContext } from './page-context.js';
import { Markup, markup } from './markup.js';
import { titleOf } from './words.js';

/**
 * The report as one self-contained page: nothing is loaded, and all but filter, slider and the pages under the pointer works
 * without its script. Everything that is not ours is escaped text.
 */
export function renderHtml({ run, events }: Told, context: PageContext = {}): string {
  const { style, script, policy } = loadAssets();
  const stories = storiesOf(run, events);
  const sections: readonly (readonly [string, string, Markup | undefined])[] = [
    ['points', 'points', pointsSection(run)],
    ['stories', 'stories', markup`<div id="stories">${stories.sections}</div>`],
    ['matrix', 'tests', matrixSection(run, stories.links)],
    ['time', 'time', timelineSection(run, events)],
    ['trend', 'trend', context.trend && trendSection(digestOf(run), context.trend)],
    ['known', 'known', knownSection(run, context.knownIssues ?? [], context.expired ?? [])],
    ['baseline', 'baseline', context.baseline && baselineSection(run, context.baseline)],
    ['coverage', 'coverage', context.coverage && coverageSection(context.coverage)],
    ['score', 'mutants', context.score && scoreSection(context.score)],
    ['facts', 'how', factsSection(run)],
  ];
  const shown = sections.filter(([, , section]) => section !== undefined);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${run.verdict}: ${titleOf(run)}</title>
        <style>${Markup.trusted(style)}</style>
      </head>
      <body>
        ${sharedDefs()}
        ${headSection(run)}
        <nav aria-label="Parts of the report">${shown.map(([id, name]) => markup`<a href="#${id}">${name}</a> `)}</nav>
        <main>${shown.map(([, , section]) => section)}</main>
        <script type="application/json" id="data">${Markup.trusted(inScript(stories.data))}</script>
        <script>${Markup.trusted(script)}</script>
      </body>
    </html> `;
  return page.text;
}

/** JSON that cannot end the element that it stands in. */
function inScript(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
