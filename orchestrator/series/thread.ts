import { CiError } from '../process/errors.js';
import type { Mail } from './mail.js';

/** The patches of one version of one series, in order, as found in a thread. */
export interface Chosen {
  readonly patches: readonly Mail[];
  readonly cover?: Mail;
  readonly version: number;
  readonly notes: readonly string[];
}

interface Group {
  readonly version: number;
  readonly rfc: boolean;
  /** Undefined for patches without k/n. */
  readonly total: number | undefined;
  readonly mails: Mail[];
}

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/**
 * Tells the patches of the newest version from covers, replies and older versions. `source` is named in errors.
 * Throws CiError('usage'): no patch at all, a missing k/n, two different series of the same version.
 */
export function choosePatches(all: readonly Mail[], source: string): Chosen {
  const notes: string[] = [];
  const mails = dropCopies(all, notes);
  const sorted = sort(mails);
  if (sorted.patches.length === 0) throw noPatches(sorted, source);
  const [first, ...others] = groupsNewestFirst(sorted.patches);
  if (first === undefined) throw noPatches(sorted, source);
  const { group, older } = mergePartialReroll(first, others, notes);
  for (const old of older) {
    notes.push(
      `${nameOf(old)} (${plural(old.mails.length, 'patch', 'patches')}) left out: ${nameOf(group)} is newer`,
    );
  }
  const patches =
    group.total === undefined ? unnumbered(group, notes) : inOrder(group, group.total, source, notes);
  const cover = sorted.covers.findLast(
    ({ subject }) =>
      subject.version === group.version && subject.rfc === group.rfc && subject.position?.n === group.total,
  );
  tellLeftOut(sorted, notes);
  return { patches, ...(cover === undefined ? {} : { cover }), version: Math.floor(group.version), notes };
}

interface Sorted {
  readonly patches: Mail[];
  readonly covers: Mail[];
  readonly replies: Mail[];
  readonly others: Mail[];
}

function sort(mails: readonly Mail[]): Sorted {
  const out: Sorted = { patches: [], covers: [], replies: [], others: [] };
  const unmarked: Mail[] = [];
  for (const mail of mails) {
    const { subject, facts } = mail;
    const k = subject.position?.k;
    if (subject.reply) out.replies.push(mail);
    else if (k === 0) out.covers.push(mail);
    else if (subject.patch && (facts.hasChanges || k !== undefined)) out.patches.push(mail);
    else if (facts.hasChanges) unmarked.push(mail);
    else out.others.push(mail);
  }
  // `git format-patch -k` and `git log --format=email` write no [PATCH]; beside marked patches it is something else.
  if (out.patches.length === 0) out.patches.push(...unmarked);
  else out.others.push(...unmarked);
  return out;
}

function dropCopies(mails: readonly Mail[], notes: string[]): Mail[] {
  const seen = new Set<string>();
  const kept = mails.filter(({ messageId }) => {
    if (messageId === undefined) return true;
    if (seen.has(messageId)) return false;
    seen.add(messageId);
    return true;
  });
  const dropped = mails.length - kept.length;
  if (dropped > 0) notes.push(`${plural(dropped, 'copy', 'copies')} of mails left out (same message-id)`);
  return kept;
}

function groupsNewestFirst(patches: readonly Mail[]): Group[] {
  const groups = new Map<string, Group>();
  for (const mail of patches) {
    const { version, rfc, position } = mail.subject;
    const key = `${version} ${rfc} ${position?.n}`;
    const group = groups.get(key) ?? { version, rfc, total: position?.n, mails: [] };
    group.mails.push(mail);
    groups.set(key, group);
  }
  const sent = (group: Group): number => Math.max(...group.mails.map(({ sentAt }) => sentAt));
  return [...groups.values()].toSorted((a, b) => b.version - a.version || sent(b) - sent(a));
}

/** "v6.1 3/5" is sent to replace one patch of v6: the others are those of v6. */
function mergePartialReroll(
  group: Group,
  older: readonly Group[],
  notes: string[],
): { readonly group: Group; readonly older: readonly Group[] } {
  if (Number.isInteger(group.version)) return { group, older };
  const whole = older.find(
    (old) => old.version === Math.floor(group.version) && old.total === group.total && old.rfc === group.rfc,
  );
  if (whole === undefined || group.total === undefined) return { group, older };
  const replaced = new Set(group.mails.map(({ subject }) => subject.position?.k));
  notes.push(`${[...replaced].map((k) => `${k}/${group.total}`).join(', ')} taken from v${group.version}`);
  const mails = [...whole.mails.filter(({ subject }) => !replaced.has(subject.position?.k)), ...group.mails];
  return { group: { ...whole, mails }, older: older.filter((old) => old !== whole) };
}

function inOrder(group: Group, total: number, source: string, notes: string[]): Mail[] {
  const byNumber = new Map<number, Mail>();
  for (const mail of group.mails) {
    const k = mail.subject.position?.k ?? 0;
    const twin = byNumber.get(k);
    if (twin === undefined) {
      byNumber.set(k, mail);
      continue;
    }
    if (twin.title !== mail.title) throw twoSeries(twin, mail, `${k}/${total}`, source);
    const same = Buffer.compare(twin.diff, mail.diff) === 0;
    notes.push(
      same ? `${k}/${total} is there twice` : `${k}/${total} is there twice, the later mail is taken`,
    );
    if (mail.sentAt >= twin.sentAt) byNumber.set(k, mail);
  }
  const missing = Array.from({ length: total }, (_, i) => i + 1).filter((k) => !byNumber.has(k));
  if (missing.length > 0) {
    const names = missing.map((k) => `${k}/${total}`).join(', ');
    throw new CiError(
      'usage',
      `the series in ${source} is not complete: ${nameOf(group)} lacks patch ${names}`,
      {
        where: group.mails[0]?.where ?? source,
        remedy:
          'Get the whole thread (on lore.kernel.org: "mbox.gz"), or remove the patches of this version to test another.',
      },
    );
  }
  return [...byNumber.entries()].toSorted(([a], [b]) => a - b).map(([, mail]) => mail);
}

function unnumbered(group: Group, notes: string[]): Mail[] {
  const byTitle = new Map<string, Mail>();
  for (const mail of group.mails) {
    const twin = byTitle.get(mail.title);
    if (twin !== undefined) notes.push(`"${mail.title}" is there twice, the later mail is taken`);
    if (twin === undefined || mail.sentAt >= twin.sentAt) byTitle.set(mail.title, mail);
  }
  if (byTitle.size > 1) notes.push(`${byTitle.size} patches without k/n: taken in the order of the input`);
  return [...byTitle.values()];
}

function tellLeftOut(sorted: Sorted, notes: string[]): void {
  if (sorted.replies.length > 0) {
    const own = sorted.replies.filter(({ facts }) => facts.hasChanges).length;
    const has = own === 0 ? '' : `, ${own} of them with a diff of ${own === 1 ? 'its' : 'their'} own`;
    notes.push(`${plural(sorted.replies.length, 'reply', 'replies')} left out${has}`);
  }
  if (sorted.others.length > 0) {
    notes.push(`${plural(sorted.others.length, 'other mail')} left out: "${sorted.others[0]?.title ?? ''}"`);
  }
}

function nameOf(group: Pick<Group, 'version' | 'rfc'>): string {
  return `${group.rfc ? 'RFC ' : ''}v${group.version}`;
}

function noPatches(sorted: Sorted, source: string): CiError {
  const kinds = [
    sorted.replies.length > 0 ? plural(sorted.replies.length, 'reply', 'replies') : '',
    sorted.covers.length > 0 ? plural(sorted.covers.length, 'cover letter') : '',
    sorted.others.length > 0 ? plural(sorted.others.length, 'other mail') : '',
  ].filter((kind) => kind !== '');
  return new CiError('usage', `there is no patch in ${source}, only ${kinds.join(', ') || 'nothing'}`, {
    where: [...sorted.covers, ...sorted.replies, ...sorted.others][0]?.where ?? source,
    remedy: 'Save the whole thread, with the mails that are marked [PATCH k/n] and hold the diffs.',
  });
}

function twoSeries(a: Mail, b: Mail, place: string, source: string): CiError {
  return new CiError(
    'usage',
    `${source} holds two different series: ${place} is both "${a.title}" and "${b.title}"`,
    {
      where: b.where,
      remedy: 'Pass one series at a time.',
      detail: `${a.where}: ${a.title}\n${b.where}: ${b.title}`,
    },
  );
}
