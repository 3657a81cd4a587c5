import { basename } from 'node:path';
import { testMain } from '../harness/main.js';

/** These keep all processors busy by themselves; the others wait for one guest, one compiler or git most of the time. */
const ALONE: readonly string[] = ['reinit-lost.test.js', 'split-callback.test.js', 'two-runs.test.js'];
/** Two guests that never print are given 20 s each. */
const WAITING = 'boot-faults.test.js';

await testMain(import.meta.dirname, {
  jobs: 2,
  alone: (file) => ALONE.includes(basename(file)),
  waits: (file) => basename(file) === WAITING,
  fileTimeoutMs: 600_000,
});
