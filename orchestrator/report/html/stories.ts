import type { Event, RunRecord } from '../../store/records.js';
import { StepLog } from '../attempts.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { rerunWords } from '../rerun.js';
import { shellQuote } from '../../run/repro.js';
import { originOf, tellTest } from '../test-story.js';
import { pointName, scenarioOf } from '../words.js';
import { chaptersOf, quietOnes, storyId } from './choose.js';
import type { Chapter, Group, List, Told } from './choose.js';
import { ChunkPool } from './chunk-pool.js';
import { Guests } from './guests.js';
import type { ReadableGuest } from './guests.js';
import { memoryOf } from './memory.js';
import { readingData } from './memory-data.js';
import { Patterns } from './patterns.js';
import { storyMarkup } from './story.js';

/** Characters that stories may take; what does not fit is named, with the command that tells it. */
const STORIES_MOST = 1_300_000;
/** Of these, for tests that nothing is wrong with. */
const QUIET_MOST = 220_000;

/** Kinds of failure of one point that have a heading. */
const GROUPS_MOST = 150;

const TITLES: Readonly<Record<List, string>> = {
  introduced: 'introduced',
  stillFailing: 'still failing',
  flaky: 'not sure',
  triaged: 'looked at and excused',
};

export interface Stories {
  readonly sections: Markup;
  /** Ids of the stories that are told, by point and test: `2 mixed-order/S1`. */
  readonly links: ReadonlyMap<string, string>;
  /** What the script of the page draws pictures from. */
  readonly data: unknown;
}

/** Everything that the page tells about single tests, within bounds. */
export function storiesOf(run: RunRecord, events: readonly Event[]): Stories {
  return new Teller(run, events).tell();
}

class Teller {
  readonly #run: RunRecord;
  readonly #log: StepLog;
  readonly #guests: Guests;
  readonly #patterns = new Patterns();
  readonly #chunks = new ChunkPool();
  readonly #readings: ReadableGuest[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #links = new Map<string, string>();
  readonly #pictures: Record<string, unknown> = {};
  #size = 0;

  constructor(run: RunRecord, events: readonly Event[]) {
    this.#run = run;
    this.#log = new StepLog(events);
    this.#guests = new Guests(events);
  }

  tell(): Stories {
    const chapters = chaptersOf(this.#run);
    // The best of each group before all others, so that no cause is left out for want of room.
    const told = new Map<string, Markup>();
    const groups = chapters.flatMap((chapter) => chapter.groups.slice(0, GROUPS_MOST));
    for (const [i, { members }] of groups.entries())
      if (members[0]) this.#into(told, members[0], { still: true, open: i === 0 });
    for (const { members } of groups)
      for (const one of members.slice(1)) this.#into(told, one, { still: false });
    const broken = chapters.map((chapter) => this.#chapter(chapter, told));
    const quiet = this.#quiet(chapters);
    const data = {
      patterns: this.#patterns.all,
      readings: this.#readings.map(({ place }) => readingData(place)),
      pictures: this.#pictures,
    };
    return { sections: markup`${broken}${quiet}`, links: this.#links, data };
  }

  #key({ point, test }: Told): string {
    return `${point.index} ${test.id}`;
  }

  #into(
    told: Map<string, Markup>,
    one: Told,
    how: { readonly still: boolean; readonly open?: boolean },
  ): void {
    if (this.#size > STORIES_MOST) return;
    const story = this.#story(one, how);
    this.#size += story.text.length;
    told.set(this.#key(one), story);
  }

  #story(one: Told, { still, open }: { readonly still: boolean; readonly open?: boolean }): Markup {
    const { point, test } = one;
    const id = storyId(one, this.#numbers);
    this.#links.set(this.#key(one), id);
    const origin = originOf(this.#run.points, point);
    const steps = this.#log.of(origin, test);
    const guest = this.#guests.of(origin, test.id);
    if (!this.#readings.includes(guest)) this.#readings.push(guest);
    const [patterns, chunks] = [this.#patterns, this.#chunks];
    const drawing = { patterns, chunks, reading: this.#readings.indexOf(guest) };
    const shown = memoryOf(one, steps, guest, drawing, still);
    if (shown !== undefined) {
      this.#pictures[id] = shown.data;
      this.#size += shown.size;
    }
    const explain = ['./ci', 'model', 'explain', this.#run.id, test.id, '--point', String(point.index)];
    return storyMarkup({
      id,
      story: tellTest(point, test, steps),
      splats: test.splats,
      long: still,
      rerun: rerunWords(this.#run, test.id).join(' '),
      ...(steps.length === 0 ? {} : { explain: explain.map(shellQuote).join(' ') }),
      ...(shown === undefined ? {} : { picture: shown.markup }),
      ...(open === undefined ? {} : { open }),
    });
  }

  #chapter({ list, point, groups }: Chapter, told: ReadonlyMap<string, Markup>): Markup {
    const hasSeries = this.#run.series !== undefined;
    const total = groups.reduce((sum, { members }) => sum + members.length, 0);
    const who = !hasSeries
      ? 'The tree'
      : point.index === 0
        ? 'The base'
        : `Patch ${pointName(point.index, true)}`;
    const title = hasSeries
      ? `${who}: ${total} ${TITLES[list]}`
      : `${who}: ${total === 1 ? '1 failure' : `${total} failures`}`;
    return markup`<section class="chapter">
      <h2>${title}</h2>
      ${hasSeries && point.index > 0 ? markup`<p class="subject">${point.subject}</p>` : undefined}
      ${groups.slice(0, GROUPS_MOST).map((group) => this.#group(group, told))}
      ${groups.length > GROUPS_MOST ? markup`<p>And ${groups.length - GROUPS_MOST} kinds of failure more, which are not told here, to keep this file small: they are in run.json.</p>` : undefined}
    </section>`;
  }

  #group({ key, members }: Group, told: ReadonlyMap<string, Markup>): Markup {
    const stories = members.map((one) => told.get(this.#key(one)));
    const [first, ...more] = stories.filter((story) => story !== undefined);
    const left = members.filter((_, i) => stories[i] === undefined);
    const names = left.slice(0, 40).map(({ test }) => markup`<li><code>${test.id}</code></li>`);
    const unnamed = left.length - names.length;
    return markup`<section class="group">
      <h3><code>${key}</code> <span class="count">${members.length === 1 ? '1 test' : `${members.length} tests`}</span></h3>
      ${first}
      ${more.length === 0 ? undefined : markup`<details class="rest"><summary>${more.length === 1 ? '1 more test fails alike' : `${more.length} more tests fail alike`}</summary>${more}</details>`}
      ${left.length === 0 ? undefined : markup`<details class="rest"><summary>${left.length} are not told here, to keep this file small</summary><p>Each is told by <code>./ci model explain ${this.#run.id} TEST</code>.</p><ul>${names}${unnamed > 0 ? markup`<li>and ${unnamed} more, in run.json</li>` : undefined}</ul></details>`}
    </section>`;
  }

  /** What was looked at and found right, one test of each scenario. */
  #quiet(chapters: readonly Chapter[]): Markup | undefined {
    const told = new Set(
      chapters.flatMap(({ groups }) =>
        groups.flatMap(({ members }) => members.map(({ test }) => scenarioOf(test.id))),
      ),
    );
    const end = Math.min(STORIES_MOST, this.#size + QUIET_MOST);
    const stories: Markup[] = [];
    for (const one of quietOnes(this.#run, told)) {
      if (this.#size > end) break;
      const story = this.#story(one, { still: false });
      this.#size += story.text.length;
      stories.push(story);
    }
    if (stories.length === 0) return undefined;
    return markup`<section class="chapter">
      <h2>What was looked at and found right</h2>
      <p class="dim">One test of each scenario, with its steps and its picture of memory.</p>
      <details class="rest"><summary>${stories.length === 1 ? '1 scenario' : `${stories.length} scenarios`}</summary>${stories}</details>
    </section>`;
  }
}
