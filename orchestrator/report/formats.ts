import { CiError } from '../process/errors.js';
import type { Format } from './format.js';
import { renderHtml } from './html.js';
import { toJson } from './json.js';
import { junit } from './junit.js';
import { kcidb } from './kcidb.js';
import { ktap } from './ktap.js';
import { mail } from './mail.js';
import { markdown } from './markdown.js';
import { renderTable } from './terminal.js';

/** All formats of `ci report`, the first one being the default. */
export const FORMATS: readonly Format[] = [
  {
    name: 'table',
    summary: 'the table of `ci run`',
    render: ({ run }, context) => renderTable(run, context),
  },
  {
    name: 'html',
    summary: 'one self-contained page',
    file: 'report.html',
    render: (told, context) => renderHtml(told, context),
  },
  mail,
  junit,
  ktap,
  kcidb,
  markdown,
  { name: 'json', summary: 'run.json', render: ({ run }) => toJson(run) },
];

/** The format of a name; CiError('usage') where there is none. */
export function formatOf(name: string): Format {
  const format = FORMATS.find((one) => one.name === name);
  if (format === undefined)
    throw new CiError('usage', `no format "${name}"`, {
      remedy: `formats: ${FORMATS.map((one) => one.name).join(', ')}`,
    });
  return format;
}
