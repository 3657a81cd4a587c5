const TYPE = /^\{"t":\d+,"type":"([a-z-]+)"/;
/** Bytes that have the type, however late it is. */
const BEGINNING = 60;
const FAILED = Buffer.from('"verdict":"fail"');

/**
 * Whether the page tells anything of the event in a line of a journal that the record of the run does not have: of all results,
 * which are most of a journal, only when those came that failed.
 */
export function pageNeeds(line: Buffer): boolean {
  switch (TYPE.exec(line.toString('latin1', 0, BEGINNING))?.[1]) {
    case 'point-end':
    case 'test-start':
      return false;
    case 'test-end':
      return line.includes(FAILED);
    default:
      return true;
  }
}
