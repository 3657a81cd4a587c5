import type { Event } from '../../../orchestrator/store/records.js';
import { HOSTILE } from '../../unit/report/sample.js';

/** Members that come from a patch, a mail, a console or a user; the others are ours, and told apart by their names. */
const OUTSIDE: ReadonlySet<string> = new Set([
  'title',
  'subject',
  'author',
  'source',
  'describe',
  'foundBy',
  'tree',
  'text',
  'reason',
  'why',
  'error',
  'story',
  'found',
  'expected',
  'commit',
]);

/** Lists of texts from outside. */
const LISTS: ReadonlySet<string> = new Set([
  'evidence',
  'frames',
  'notes',
  'notCompiled',
  'altTitles',
  'argv',
  'stack',
]);

const SCRIPT_END = `</script><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;

/** The events of a run in which every text from outside attacks its reader. */
export function hostile(events: readonly Event[]): readonly Event[] {
  return events.map((event) => attacked('', event) as Event);
}

function attacked(key: string, value: unknown): unknown {
  if (typeof value === 'string')
    return OUTSIDE.has(key) || LISTS.has(key) ? `${HOSTILE} ${SCRIPT_END}` : value;
  if (Array.isArray(value)) return value.map((one) => attacked(key, one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, attacked(name, one)]));
}
