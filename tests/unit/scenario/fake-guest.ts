import { crc32 } from 'node:zlib';
import { CiError } from '../../../orchestrator/process/errors.js';
import { layout73Json } from '../../../orchestrator/model/layout73.js';
import { parseLayout } from '../../../orchestrator/model/layout.js';
import { Machine } from '../../../orchestrator/model/machine.js';
import type { Operation } from '../../../orchestrator/model/operation.js';
import { VARIANTS } from '../../../orchestrator/model/variants.js';
import type { RestoredGuest } from '../../../orchestrator/scenario/pool.js';
import type {
  Callback,
  ChangedPages,
  Loss,
  ReadyHello,
  Reply,
  Request,
} from '../../../orchestrator/scenario/protocol.js';
import { FakeMemory } from './fake-memory.js';

export const PAGES = 2048;
export const PGMAP = 0xffff888001234000n;
const VMEMMAP = 0xffffea0004000000n;

export const HELLO: ReadyHello = {
  feature: true,
  kernel: '7.3.4',
  unsafe: true,
  chunk: {
    pages: PAGES,
    pfn: '0x100000',
    vmemmap: `0x${VMEMMAP.toString(16)}`,
    pgmap: `0x${PGMAP.toString(16)}`,
  },
  layout: withThp(),
};

function withThp(): ReadyHello['layout'] {
  const json = layout73Json();
  const config = { ...json['config'], TRANSPARENT_HUGEPAGE: 1 };
  return { ...json, config } as unknown as ReadyHello['layout'];
}

/** What the agent of a guest with so many struct pages says of itself. */
function helloOf(pages: number, coherent = 0): ReadyHello {
  const hello = pages === PAGES ? HELLO : { ...HELLO, chunk: { ...HELLO.chunk, pages } };
  if (coherent === 0) return hello;
  const place = {
    pages: coherent,
    pfn: '0x60000',
    vmemmap: '0xffffea0001800000',
    pgmap: '0xffff888001235000',
  };
  return { ...hello, coherent: place };
}

export interface FakeOptions {
  /** Struct pages in the chunk; default PAGES, as in a real guest. */
  readonly pages?: number;
  /** Coherent pages behind the chunk; default none. */
  readonly coherent?: number;
  /** Variant of the model that plays the kernel. */
  readonly kernel?: string;
  /** Changes a reply on its way out, or throws in its place; `n` counts requests of this guest from 1. */
  readonly spoil?: (request: Request, reply: Reply, n: number, guest: FakeGuest) => Reply;
  /** The folio_split callback does not come, as on a kernel that lost it. */
  readonly splitCallbackLost?: boolean;
  /** Writes to struct pages that a broken kernel adds to a step on user memory. */
  readonly scribble?: FakeMemory['spoil'];
}

/** The text that a VM_BUG_ON leaves on the console, as the kernel prints it. */
export const oops = (line: string): string =>
  [
    '[    3.141592][   T70] ------------[ cut here ]------------',
    `[    3.141593][   T70] kernel BUG at ${line}!`,
    '[    3.141594][   T70] Oops: invalid opcode: 0000 [#1] SMP NOPTI',
    '[    3.141595][   T70] CPU: 0 UID: 0 PID: 70 Comm: zdagent Not tainted 7.3.4 #1 NONE',
    '[    3.141596][   T70] RIP: 0010:zone_device_page_init+0x12c/0x1d0',
    '[    3.141597][   T70] Call Trace:',
    '[    3.141598][   T70]  <TASK>',
    '[    3.141599][   T70]  zd_page_init+0x41/0x90 [zdplace]',
    '[    3.141600][   T70]  zd_ioctl+0x1f2/0x5b0 [zdplace]',
    '[    3.141601][   T70]  __x64_sys_ioctl+0x8f/0xd0',
    '[    3.141602][   T70]  </TASK>',
    '[    3.141603][   T70] ---[ end trace 0000000000000000 ]---',
    '',
  ].join('\n');

const refusal = (errno: string): Reply => ({ ok: false, errno, error: 'refused' });

/** Pages in which two chunks differ, by halves: few do. */
function differingPages(one: Uint8Array, other: Uint8Array, from = 0, to = one.length / 64): number[] {
  const [a, b] = [one, other].map((bytes) => bytes.subarray(from * 64, to * 64)) as [Uint8Array, Uint8Array];
  if (Buffer.compare(a, b) === 0) return [];
  if (to - from === 1) return [from];
  const middle = (from + to) >> 1;
  return [...differingPages(one, other, from, middle), ...differingPages(one, other, middle, to)];
}

/** A guest whose kernel is a variant of the model. */
export class FakeGuest implements RestoredGuest {
  readonly hello: ReadyHello;
  readonly lost: Promise<Loss>;
  readonly requests: Request[] = [];
  closed = false;
  #console = '';
  #lose: (loss: Loss) => void = () => undefined;
  readonly #machine: Machine;
  readonly #memory: FakeMemory;
  readonly #options: FakeOptions;
  readonly #live = new Map<number, number>();
  readonly #pages: number;
  /** Struct pages of the coherent pages. */
  readonly coherent: Uint8Array;
  #observesAll = false;
  #shadow: Uint8Array;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    const variant = VARIANTS[options.kernel ?? 'b'];
    if (!variant) throw new Error(`no variant ${options.kernel}`);
    this.#pages = options.pages ?? PAGES;
    this.coherent = new Uint8Array((options.coherent ?? 0) * 64);
    this.hello = helloOf(this.#pages, options.coherent);
    const layout = parseLayout(HELLO.layout);
    this.#machine = new Machine(variant, {
      layout,
      pages: this.#pages,
      memmap: VMEMMAP,
      pgmap: PGMAP,
    });
    this.#memory = new FakeMemory(this.#machine, PGMAP, options.splitCallbackLost ?? false);
    this.#memory.spoil = options.scribble;
    this.#shadow = this.#machine.bytes.slice();
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  consoleText(): string {
    return this.#console;
  }

  say(text: string): void {
    this.#console += text;
  }

  /** The end of the guest, with what its console last showed. */
  die(text: string): CiError {
    this.say(text);
    this.#lose({
      reason: 'exited',
      console: this.#console,
      lastConsoleLine: text.trim().split('\n').at(-1) ?? '',
    });
    return new CiError('crash', 'the guest is gone');
  }

  async exec(): Promise<never> {
    throw new Error('no programs here');
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  async request(request: Request): Promise<Reply> {
    this.requests.push(request);
    const reply = this.#observed(this.#answer(request));
    return this.#options.spoil?.(request, reply, this.requests.length, this) ?? reply;
  }

  #observed(reply: Reply): Reply {
    const { bytes: chunk } = this.#machine;
    const bytes = this.#observesAll ? Buffer.concat([chunk, this.coherent]) : chunk;
    const known = new Uint8Array(bytes.length);
    known.set(this.#shadow.subarray(0, bytes.length));
    const pfns = differingPages(bytes, known);
    this.#shadow = bytes.slice();
    return {
      refs: this.#machine.refs + this.#memory.refs,
      cb: [],
      log: [],
      ...reply,
      changed: this.#changed(pfns),
    };
  }

  #changed(pfns: readonly number[]): ChangedPages {
    const words = Buffer.concat(pfns.map((page) => this.#shadow.subarray(page * 64, page * 64 + 64)));
    const pages = this.#shadow.length / 64;
    return {
      pfns,
      words: words.toString('base64'),
      crc: `0x${crc32(this.#shadow).toString(16)}`,
      ...(pages > this.#pages && { pages }),
    };
  }

  #answer(request: Request): Reply {
    switch (request.op) {
      case 'dump':
        return { ok: true, pages: this.#changed(Array.from({ length: this.#pages }, (_, page) => page)) };
      case 'observe':
        if (this.coherent.length === 0) return refusal('ENODEV');
        this.#observesAll = true;
        return { ok: true };
      case 'reset':
        this.#observesAll = false;
        this.#live.clear();
        this.#memory.clear();
        return this.#apply({ op: 'reset' });
      case 'init':
        return this.#init(request);
      case 'free': {
        const pfn = Number(request['pfn']);
        if (!this.#live.delete(pfn)) return refusal('EINVAL');
        return this.#apply({ op: 'free', pfn, how: request['how'] as 'page' | 'folio' });
      }
      case 'reuse':
        return this.#reuse(request);
      case 'unlock':
        return this.#apply({
          op: 'unlock',
          pfn: Number(request['pfn']),
          how: request['how'] as 'page' | 'folio',
        });
      case 'poke': {
        const { pfn, byte, size, value } = request;
        return this.#apply({
          op: 'poke',
          pfn: Number(pfn),
          byte: Number(byte),
          size: Number(size),
          value: BigInt(value as string),
        });
      }
      default:
        return this.#memory.answer(request);
    }
  }

  /** A free, the pages as its callback finds them, and the init from within it. */
  #reuse(request: Request): Reply {
    const [pfn, to, order] = ['pfn', 'to', 'order'].map((key) => Number(request[key])) as [
      number,
      number,
      number,
    ];
    const own = this.#live.get(pfn);
    if (own === undefined) return refusal('EINVAL');
    this.#live.delete(pfn);
    const no = this.#unfit(to, order);
    this.#live.set(pfn, own);
    if (no) return no;
    const freed = this.#answer({ op: 'free', pfn, how: request['how'] });
    const pfns = Array.from({ length: this.#pages }, (_, page) => page);
    const between = { pfns, words: Buffer.from(this.#machine.bytes).toString('base64') };
    const made = this.#init({ op: 'init', pfn: to, order, unlock: 'page', rmappable: true });
    return { ...made, ...freed, freed: between };
  }

  /** Why no folio can come to life there. */
  #unfit(pfn: number, order: number): Reply | undefined {
    if (pfn % 2 ** order !== 0 || pfn + 2 ** order > this.#pages) return refusal('EINVAL');
    for (const [first, other] of this.#live) {
      if (pfn < first + 2 ** other && first < pfn + 2 ** order) return refusal('EBUSY');
    }
    return undefined;
  }

  #init(request: Request): Reply {
    const pfn = Number(request['pfn']);
    const order = Number(request['order']);
    const no = this.#unfit(pfn, order);
    if (no) return no;
    this.#live.set(pfn, order);
    return this.#apply({
      op: 'init',
      pfn,
      order,
      unlock: request['unlock'] as 'none' | 'page' | 'folio',
      rmappable: request['rmappable'] === true,
      ...(request['zdd'] === undefined ? {} : { zdd: BigInt(request['zdd'] as string) }),
    });
  }

  #apply(op: Operation): Reply {
    const { callbacks, crash, hang } = this.#machine.apply(op);
    if (crash) throw this.die(oops(crash.line));
    const cb: Callback[] = callbacks.map(({ fn, pfn, order }) => ({ fn, pfn, order }));
    if (!hang) return { ok: true, cb };
    const stack = [
      '__folio_lock+0x12e/0x140',
      'zone_device_page_init+0x1b4/0x1d0',
      'zd_page_init+0x41/0x90 [zdplace]',
    ];
    return { ok: false, hang: true, state: 'D', waited_ms: 3000, stack, cb };
  }
}
