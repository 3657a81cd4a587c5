import type { PointRecord, RunRecord, TestRecord } from '../../../orchestrator/store/records.js';

export function point(record: RunRecord, index: number): PointRecord {
  const found = record.points.find((one) => one.index === index);
  if (found === undefined) throw new Error(`no point ${index}`);
  return found;
}

export function byId(one: PointRecord, id: string): TestRecord {
  const found = one.tests.find((entry) => entry.id === id);
  if (found === undefined) throw new Error(`point ${one.index} has no test ${id}`);
  return found;
}
