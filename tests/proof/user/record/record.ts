import { CiError } from '../../../../orchestrator/process/errors.js';
import { readField } from '../../../../orchestrator/scenario/chunk.js';
import type { MapRun, ReadyHello, Reply, Request } from '../../../../orchestrator/scenario/protocol.js';
import type { GuestSession } from '../../../../orchestrator/scenario/session.js';
import { userOpsOf } from '../../../../orchestrator/scenario/user-op.js';
import { PageReader } from '../../../harness/user-pages.js';
import { callbackTexts, numbersText, opWords, placeText } from '../../../harness/user-recording.js';
import type { RecordedOp, RecordedStep } from '../../../harness/user-recording.js';

/** In the guest, times the scale of the machine. */
const STEP_MS = 1_000;
const MAIN = 'main';
/** Swap type of a device entry that can be written (include/linux/swapops.h). */
const DEVICE_WRITE = 28;
const METADATA = new Set(['init', 'free', 'unlock', 'poke']);

/** A request about page metadata in the words of the model; undefined for any other. */
export function metadataOp(request: Request): RecordedOp | undefined {
  if (!METADATA.has(request.op)) return undefined;
  return Object.fromEntries(
    Object.entries(request).map(([key, value]) => [key, key === 'value' ? BigInt(Number(value)) : value]),
  ) as unknown as RecordedOp;
}

interface Mapped {
  readonly maps: Record<string, string>;
  readonly nrAnon: number;
}

/** One sequence in a guest, told step by step; the model has no part in it. */
export class Recorder {
  readonly #session: GuestSession;
  readonly #hello: ReadyHello;
  readonly #timeScale: number;
  readonly #reader: PageReader;
  /** Per process, its mappings with their pages. */
  readonly #mappings = new Map<string, Map<string, number>>([[MAIN, new Map()]]);
  #nrAnon = 0;
  #maps = '{}';

  private constructor(session: GuestSession, hello: ReadyHello, timeScale: number) {
    this.#session = session;
    this.#hello = hello;
    this.#timeScale = timeScale;
    const { vmemmap, pgmap } = hello.chunk;
    this.#reader = new PageReader({ memmap: BigInt(vmemmap), pgmap: BigInt(pgmap) }, session.pristine);
  }

  /** Makes the guest's pages pristine. */
  static async open(session: GuestSession, hello: ReadyHello, timeScale: number): Promise<Recorder> {
    const recorder = new Recorder(session, hello, timeScale);
    await recorder.#ask({ op: 'reset' });
    recorder.#nrAnon = await recorder.#nrAnonNow();
    if (readField(session.pristine, hello, 0, 'page.flags') === undefined)
      throw new CiError('infra', 'no flags of a fresh page');
    return recorder;
  }

  /** @throws CiError('infra') where the agent does not do what it is asked */
  async step(request: Request): Promise<RecordedStep> {
    const sent = await this.#session.send(request, STEP_MS * this.#timeScale);
    const ok: Reply = { ok: true };
    if (sent.kind === 'broken') throw new CiError('infra', sent.why);
    if (sent.kind === 'hang') return { op: opWords(this.#opOf(request, ok)), end: 'hang' };
    if (sent.kind === 'lost') {
      const line = /kernel BUG at ([^!]*)!/.exec(this.#session.guest.consoleText())?.[1];
      return { op: opWords(this.#opOf(request, ok)), end: line ?? sent.why };
    }
    const { reply, splats } = sent;
    if (splats.length > 0) throw new CiError('infra', splats[0]?.title ?? 'splat');
    if (!reply.ok && !reply.signal)
      throw new CiError('infra', `refused: ${reply.error ?? reply.errno ?? ''}`);
    const op = this.#opOf(request, reply);
    this.#follow(request);
    const words = this.#reader.changes(this.#session.mirror.bytes);
    const { maps, nrAnon } = await this.#mapped();
    const same = JSON.stringify(maps) === this.#maps;
    this.#maps = JSON.stringify(maps);
    return {
      op: opWords(op),
      ...(Object.keys(words).length > 0 && { words }),
      ...(reply.refs !== undefined && { refs: reply.refs }),
      ...((reply.cb ?? []).length > 0 && { callbacks: callbackTexts(reply.cb ?? []) }),
      ...answerOf(op, reply, this.#hello),
      ...(reply.signal && { signal: `${reply.signal.name} ${reply.signal.page}` }),
      ...(same ? {} : { maps }),
      nrAnon: nrAnon - this.#nrAnon,
    };
  }

  async #ask(request: Request): Promise<Reply> {
    const sent = await this.#session.send(request, STEP_MS * this.#timeScale);
    if (sent.kind === 'reply' && sent.reply.ok) return sent.reply;
    const why = sent.kind === 'reply' ? sent.reply.error : sent.kind;
    throw new CiError('infra', `${request.op}: ${why ?? 'refused'}`);
  }

  #opOf(request: Request, reply: Reply): RecordedOp {
    const metadata = metadataOp(request);
    if (metadata) return metadata;
    const sizes = (name: string, process = MAIN): number | undefined =>
      this.#mappings.get(process)?.get(name);
    const [op, ...more] = userOpsOf(request, reply, this.#hello, sizes) ?? [];
    if (op === undefined || more.length > 0) throw new CiError('usage', `${request.op} is not one step`);
    return op;
  }

  /** Which mappings there are now. */
  #follow(request: Request): void {
    const { op, name, child, pages, page, in: process = MAIN } = request as unknown as Record<string, string>;
    if (op === 'mmap') this.#mappings.get(MAIN)?.set(name ?? '', Number(pages));
    if (op === 'munmap' && page === undefined) this.#mappings.get(process)?.delete(name ?? '');
    if (op === 'fork') this.#mappings.set(child ?? '', new Map(this.#mappings.get(MAIN)));
    if (op === 'exit') this.#mappings.delete(child ?? '');
  }

  async #nrAnonNow(): Promise<number> {
    const { counters } = await this.#ask({ op: 'mmap', name: 'counters', pages: 1, counters: true });
    await this.#ask({ op: 'munmap', name: 'counters' });
    const found = counters?.mthp?.['9']?.['nr_anon'];
    if (found === undefined) throw new CiError('infra', 'the kernel has no mTHP counters');
    return found;
  }

  async #mapped(): Promise<Mapped> {
    const maps: Record<string, string> = {};
    for (const [process, mappings] of this.#mappings)
      for (const [name, pages] of mappings) {
        const where = process === MAIN ? {} : { in: process };
        const reply = await this.#ask({ op: 'usermap', name, ...where });
        maps[`${process} ${name}`] = mapText((reply.pages ?? []) as readonly MapRun[], pages, reply);
      }
    return { maps, nrAnon: await this.#nrAnonNow() };
  }
}

function mapText(runs: readonly MapRun[], count: number, reply: Reply): string {
  const pages: { kind: string; pfn?: number; write?: boolean }[] = Array.from({ length: count }, () => ({
    kind: 'none',
  }));
  for (const { page, n, state, pfn, type } of runs)
    for (let i = 0; i < n; i += 1)
      pages[page + i] = {
        kind: state,
        ...(state === 'device' && pfn !== undefined && { pfn: pfn + i, write: type === DEVICE_WRITE }),
      };
  const { smaps_kb: sums } = reply as unknown as { smaps_kb: { Anonymous: number; AnonHugePages: number } };
  return `${placeText(pages)}; ${sums.Anonymous / 4} anonymous, ${sums.AnonHugePages / 2048} huge`;
}

function answerOf(op: RecordedOp, reply: Reply, hello: ReadyHello): Partial<RecordedStep> {
  if (op.op === 'migrate')
    return {
      ...(reply.cpages !== undefined && { cpages: reply.cpages }),
      ...(reply.migrated !== undefined && { migrated: reply.migrated }),
      src: numbersText((reply.src ?? []) as readonly number[]),
    };
  if (op.op !== 'evict') return {};
  const scan = ((reply.src ?? []) as readonly (readonly [number, string])[]).map(([index, entry]) => {
    const bits = BigInt(entry);
    const pfn = (bits >> 6n) - BigInt(hello.chunk.pfn);
    const has = (bit: bigint, word: string): string => ((bits & bit) === 0n ? '' : ` ${word}`);
    return `${index}${(bits & 1n) === 0n ? '' : ` page ${pfn}`}${has(2n, 'collected')}${has(16n, 'compound')}`;
  });
  return { scan };
}
