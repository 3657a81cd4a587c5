/** What a real kernel did in a sequence of steps, as `npm run record:model` writes it: tests/fixtures/model/guest. */

export interface RecordedStep {
  /** As `opText` has it. */
  readonly op: string;
  /** Words that differ from those before the step; absent where the kernel died, and of no use where it left the pages to others. */
  readonly words?: Readonly<Record<string, string>>;
  /** pgmap references above those of no live folio. */
  readonly refs?: number;
  /** Calls of the driver, `folio_free(page 0, order 9)`. */
  readonly callbacks?: readonly string[];
  /** Lines of 7.3 that warned; a line with _ONCE speaks once in a sequence. */
  readonly warnings?: readonly string[];
  /** How the kernel ended: the line of a BUG, the address and innermost functions of an oops, those of a task that waits. */
  readonly end?: {
    readonly kind: 'crash' | 'hang' | 'silence';
    readonly line?: string;
    readonly address?: string;
    readonly frames: readonly string[];
  };
}

export interface RecordedSequence {
  readonly profile: string;
  readonly sequence: string;
  readonly steps: readonly RecordedStep[];
}

/** What a sequence asks for that one struct page or folio is about; the model's own type, which this file does not know. */
export interface Asked {
  readonly op: 'init' | 'unlock' | 'free' | 'poke';
  readonly pfn: number;
  readonly order?: number;
  readonly unlock?: string;
  readonly how?: string;
  readonly rmappable?: boolean;
  readonly zdd?: bigint;
  readonly byte?: number;
  readonly size?: number;
  readonly value?: bigint;
}

/** `init 9@0`, `init 0@1 unlock=none zdd=0x5`, `free 0`, `poke 3 byte=40 size=8 value=0x7`: what is usual is left out. */
export function opText({ op, pfn, order, ...rest }: Asked): string {
  const words = Object.entries(rest)
    .filter(([name, value]) => value !== undefined && value !== USUAL[name])
    .map(
      ([name, value]) => `${name}=${typeof value === 'bigint' ? `0x${value.toString(16)}` : String(value)}`,
    );
  return [op, order === undefined ? pfn : `${order}@${pfn}`, ...words].join(' ');
}

const USUAL: Readonly<Record<string, unknown>> = { unlock: 'page', how: 'page', rmappable: true };

/** The operation that `opText` wrote. */
export function opOf(text: string): Asked {
  const [op = '', place = '', ...words] = text.split(' ');
  const [pfn, order] = place.split('@').toReversed().map(Number);
  const rest = words.map((word): [string, unknown] => {
    const [name = '', value = ''] = word.split('=');
    return [
      name,
      value.startsWith('0x')
        ? BigInt(value)
        : /^\d+$/.test(value)
          ? Number(value)
          : (JSON_WORDS[value] ?? value),
    ];
  });
  const usual =
    op === 'init' ? { order, unlock: 'page', rmappable: true } : op === 'poke' ? {} : { how: 'page' };
  return { op, pfn, ...usual, ...Object.fromEntries(rest) } as Asked;
}

const JSON_WORDS: Readonly<Record<string, unknown>> = { true: true, false: false };

export const callbackText = ({ fn, pfn, order }: { fn: string; pfn: number; order: number }): string =>
  `${fn}(page ${pfn}, order ${order})`;
