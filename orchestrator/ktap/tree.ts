import { classify } from './lines.js';
import type { Directive, KtapLine } from './lines.js';

/** A result line with the results nested below it. */
export interface KtapNode {
  readonly name: string;
  readonly ok: boolean;
  readonly directive?: Directive;
  readonly diagnostic?: string;
  readonly children: readonly KtapNode[];
  /** The plan had a place for it, and no result came. */
  readonly missing: boolean;
  /** Line in the input, counted from 1; 0 for a missing one. */
  readonly line: number;
  /** Free text and `# ` lines since the result before, at most the last 50. */
  readonly diagnostics: readonly string[];
}

/** Something in the output that a faithful runner would not print. */
export interface KtapProblem {
  readonly kind: 'missing' | 'extra' | 'number' | 'bail' | 'contradiction' | 'unfinished' | 'cut';
  /** Line counted from 1; 0 where it is about the end of the input. */
  readonly line: number;
  readonly text: string;
}

export interface KtapTree {
  readonly nodes: readonly KtapNode[];
  readonly problems: readonly KtapProblem[];
  /** Sum of the plans at the outermost level; absent without any plan. */
  readonly planned?: number;
  /** Reasons of `1..0 # SKIP` plans at the outermost level. */
  readonly skippedPlans: readonly string[];
  /** The last line had no newline and was a result. */
  readonly endsInResult: boolean;
}

interface Level {
  readonly width: number;
  nodes: KtapNode[];
  numbers: Set<number>;
  plan: number | undefined;
  planLine: number;
  skip: string | undefined;
  title: string | undefined;
  running: string | undefined;
  /** Finished block one level further in, waiting for its parent's result line. */
  pending: Closed | undefined;
}

interface Closed {
  readonly nodes: readonly KtapNode[];
  readonly skip: string | undefined;
  readonly title: string | undefined;
}

const KEPT_DIAGNOSTICS = 50;

/** Builds the tree of results from the text of a test program. Pure; never throws on any input. */
export function parseTree(text: string): KtapTree {
  const builder = new Builder();
  const lines = text.split('\n');
  const terminated = lines.at(-1) === '';
  if (terminated) lines.pop();
  let last: KtapLine | undefined;
  lines.forEach((raw, index) => {
    last = classify(raw);
    builder.take(last, index + 1);
  });
  return builder.finish(!terminated && last?.type === 'result');
}

class Builder {
  private readonly stack: Level[] = [];
  private readonly nodes: KtapNode[] = [];
  private readonly problems: KtapProblem[] = [];
  private readonly skippedPlans: string[] = [];
  private diagnostics: string[] = [];
  private planned: number | undefined;
  private bailed = false;

  take(line: KtapLine, at: number): void {
    if (line.type === 'text') {
      this.remember(line.text);
      return;
    }
    if (line.type === 'bail') {
      this.bailed = true;
      this.problems.push({ kind: 'bail', line: at, text: `the test program bailed out: ${line.reason}` });
      return;
    }
    const level = this.levelAt(line.width);
    switch (line.type) {
      case 'version':
        this.startBlock(level);
        return;
      case 'plan':
        if (level.plan !== undefined && level.nodes.length > 0) this.startBlock(level);
        this.plan(this.levelAt(line.width), line.count, line.skip, at);
        return;
      case 'subtest':
        level.title = line.name;
        return;
      case 'run':
        level.running = line.name;
        this.remember(`RUN ${line.name}`);
        return;
      case 'result':
        this.result(level, line, at);
        return;
    }
  }

  finish(endsInResult: boolean): KtapTree {
    while (this.stack.length > 0) this.closeTop();
    return {
      nodes: this.nodes,
      problems: this.problems,
      skippedPlans: this.skippedPlans,
      endsInResult,
      ...(this.planned === undefined ? {} : { planned: this.planned }),
    };
  }

  private remember(text: string): void {
    if (text.trim() === '') return;
    this.diagnostics.push(text);
    if (this.diagnostics.length > KEPT_DIAGNOSTICS) this.diagnostics.shift();
  }

  /** The level of that nesting: deeper ones are closed, a new one is opened where none is there yet. */
  private levelAt(width: number): Level {
    let top = this.stack.at(-1);
    while (top !== undefined && top.width > width) {
      this.closeTop();
      top = this.stack.at(-1);
    }
    if (top?.width === width) return top;
    const level: Level = {
      width,
      nodes: [],
      numbers: new Set(),
      plan: undefined,
      planLine: 0,
      skip: undefined,
      title: undefined,
      running: undefined,
      pending: undefined,
    };
    this.stack.push(level);
    return level;
  }

  /** A version line where a block is already under way: the one before ended without its parent's result. */
  private startBlock(level: Level): void {
    if (level.nodes.length === 0 && level.plan === undefined && level.pending === undefined) return;
    const { width } = level;
    this.closeTop();
    const parent = this.stack.at(-1);
    if (parent !== undefined) this.orphan(parent);
    this.levelAt(width);
  }

  private plan(level: Level, count: number, skip: string | undefined, at: number): void {
    level.plan = count;
    level.planLine = at;
    level.skip = skip;
    if (this.stack.length === 1) {
      this.planned = (this.planned ?? 0) + count;
      if (skip !== undefined) this.skippedPlans.push(skip);
    }
  }

  private result(level: Level, line: KtapLine & { type: 'result' }, at: number): void {
    if (level.numbers.has(line.number)) {
      this.problems.push({ kind: 'number', line: at, text: `result number ${line.number} comes twice` });
    }
    if (level.plan !== undefined && line.number > level.plan) {
      const text = `result number ${line.number} is beyond the plan 1..${level.plan}`;
      this.problems.push({ kind: 'extra', line: at, text });
    }
    level.numbers.add(line.number);
    const { pending } = level;
    level.pending = undefined;
    level.running = undefined;
    const skip = pending?.skip !== undefined && pending.nodes.length === 0 ? pending.skip : undefined;
    const directive = line.directive ?? (skip === undefined || !line.ok ? undefined : 'SKIP');
    const diagnostic = line.diagnostic ?? skip;
    const name = line.name !== '' ? line.name : (pending?.title ?? `test ${line.number}`);
    level.nodes.push({
      name,
      ok: line.ok,
      children: pending?.nodes ?? [],
      missing: false,
      line: at,
      diagnostics: this.diagnostics,
      ...(directive === undefined ? {} : { directive }),
      ...(diagnostic === undefined ? {} : { diagnostic }),
    });
    this.diagnostics = [];
  }

  /** Takes the innermost level off; what its plan promised and did not deliver becomes missing results. */
  private closeTop(): void {
    const level = this.stack.at(-1);
    if (level === undefined) return;
    this.orphan(level);
    const absent: number[] = [];
    for (let n = 1; n <= (level.plan ?? 0); n++) if (!level.numbers.has(n)) absent.push(n);
    // Numbers that are out of step (two programs in one stream) must not make up crashes.
    const lacking = Math.max(0, (level.plan ?? 0) - level.nodes.length);
    for (const n of absent.slice(0, lacking)) {
      const running = level.running;
      level.running = undefined;
      level.nodes.push(this.missing(running ?? `test ${n}`, []));
    }
    if (lacking > 0) {
      const text = `${lacking} of ${level.plan} planned results did not come${this.bailed ? ' (bailed out)' : ''}`;
      this.problems.push({ kind: 'missing', line: level.planLine, text });
    }
    if (level.plan === undefined && level.running !== undefined) {
      level.nodes.push(this.missing(level.running, []));
      this.problems.push({ kind: 'missing', line: 0, text: `${level.running} started and gave no result` });
    }
    this.stack.pop();
    const parent = this.stack.at(-1);
    if (parent === undefined) this.nodes.push(...level.nodes);
    else {
      this.orphan(parent);
      parent.pending = { nodes: level.nodes, skip: level.skip, title: level.title };
    }
  }

  /** Nested results whose parent never reported: the parent is taken for crashed, the results are kept. */
  private orphan(parent: Level): void {
    const { pending } = parent;
    if (pending === undefined) return;
    parent.pending = undefined;
    if (pending.nodes.length === 0 && pending.skip === undefined) return;
    const name = pending.title ?? `test ${parent.nodes.length + 1}`;
    parent.numbers.add(parent.nodes.length + 1);
    parent.nodes.push(this.missing(name, pending.nodes));
    this.problems.push({
      kind: 'unfinished',
      line: 0,
      text: `${name} gave nested results and no result of its own`,
    });
  }

  private missing(name: string, children: readonly KtapNode[]): KtapNode {
    const diagnostics = this.diagnostics;
    this.diagnostics = [];
    return { name, ok: false, children, missing: true, line: 0, diagnostics };
  }
}
