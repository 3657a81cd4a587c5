import type { PointRecord, RunRecord, TestRecord } from '../../store/records.js';
import { painter } from '../colour.js';
import type { Paint } from '../colour.js';
import { Text } from '../text.js';
import { pointName, testsOf } from '../words.js';

const MIN_COLUMNS = 60;
const MAX_COLUMNS = 160;

/** The final table while it is written: the record, and the lines so far. */
export class Sheet {
  readonly run: RunRecord;
  readonly out: Text;
  readonly paint: Paint;
  readonly columns: number;
  readonly hasSeries: boolean;

  constructor(run: RunRecord, { columns, colour }: { readonly columns: number; readonly colour: boolean }) {
    this.run = run;
    this.paint = painter(colour);
    this.columns = Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns));
    this.out = new Text(this.columns, this.paint);
    this.hasSeries = run.series !== undefined;
  }

  /** `point 2`, `the base`, `the tree`. */
  where(index: number): string {
    const name = pointName(index, this.hasSeries);
    return /^\d/.test(name) ? `point ${name}` : name;
  }

  /** The same with the subject, where there is such a point. */
  whereAndWhat(index: number): string {
    const subject = this.point(index)?.subject;
    return `${this.where(index)}${subject === undefined ? '' : `: ${subject}`}`;
  }

  point(index: number): PointRecord | undefined {
    return this.run.points.find((point) => point.index === index);
  }

  /** The record of a test at a point, also where that point has the kernel of another. */
  testAt(index: number, id: string): TestRecord | undefined {
    const point = this.point(index);
    return point && testsOf(this.run, point).find((test) => test.id === id);
  }
}
