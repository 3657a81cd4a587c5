import type { Splat } from '../store/records.js';
import { REPORTING } from './classes.js';
import type { OopsClass } from './classes.js';
import { bare, FrameCollector } from './frames.js';
import type { ConsoleLine } from './line.js';
import { pageDumpFields } from './page-dump.js';
import { titlesOf } from './title.js';

/** One report that is being read, line by line, from one printk context. */
export class OpenReport {
  readonly oops: OopsClass;
  private readonly values: Record<string, string>;
  private readonly fields: Record<string, string>;
  private readonly lines: string[];
  private readonly collector = new FrameCollector();

  /** `before` are lines printed ahead of the header that belong to it, `fields` what they said. */
  constructor(
    oops: OopsClass,
    values: Readonly<Record<string, string>>,
    before: readonly string[] = [],
    fields: Readonly<Record<string, string>> = {},
  ) {
    this.oops = oops;
    this.values = { ...values };
    this.fields = { ...fields };
    this.lines = [...before];
    this.keepFields(values);
  }

  get lineCount(): number {
    return this.lines.length;
  }

  get hasFrames(): boolean {
    return this.collector.hasFrames;
  }

  /** The trace was printed to its end: what follows may belong to somebody else. */
  get traceDone(): boolean {
    return this.collector.finished;
  }

  take(line: ConsoleLine): void {
    this.lines.push(line.raw);
    this.collector.take(line.text);
    const found = this.oops.also?.exec(line.text);
    for (const [name, value] of Object.entries(found?.groups ?? {})) {
      if (value !== undefined) this.values[name] ??= value;
    }
    for (const [name, value] of Object.entries(pageDumpFields(line.text) ?? {})) this.fields[name] ??= value;
  }

  /** Values of a header that this report takes over as its own (the WARNING after `list_add corruption`). */
  keepFields(values: Readonly<Record<string, string>>): void {
    for (const name of ['file', 'line', 'address', 'comm', 'value']) {
      const value = values[name];
      if (value !== undefined) this.fields[name] ??= value;
    }
    if (this.fields['address'] !== undefined) this.fields['address'] = shortAddress(this.fields['address']);
  }

  close(): Splat {
    const all = this.collector.frames(this.oops.stack);
    const inner = all.findIndex((name) => !REPORTING.test(name) && this.oops.skip?.test(name) !== true);
    const frames = inner < 0 ? [] : all.slice(inner);
    const func = this.values['func'] === undefined ? {} : { func: bare(this.values['func']) };
    const frame = frames[0] === undefined ? {} : { frame: frames[0] };
    const titles = titlesOf(this.oops, { ...this.fields, ...this.values, ...func, ...frame });
    // A complaint of one line is whole without frames.
    const oneLine = this.oops.stack === 'none' && this.oops.end !== undefined;
    const corrupted = frames.length === 0 && !oneLine;
    return {
      ...titles,
      frames,
      corrupted,
      text: this.lines.join('\n'),
      fields: { class: this.oops.id, ...this.fields },
    };
  }
}

function shortAddress(address: string): string {
  return `0x${address.replace(/^0x/, '').replace(/^0+(?=.)/, '')}`;
}
