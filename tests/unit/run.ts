import { availableParallelism } from 'node:os';
import { testMain } from '../harness/main.js';

/** What these try, signals and the ends of processes among it, needs a process of its own. */
const APART = ['/unit/harness/', '/unit/process/', '/unit/launcher.test.js'];

// One more than processors: some files wait for processes and timers of theirs.
await testMain(import.meta.dirname, {
  jobs: availableParallelism() + 1,
  fileTimeoutMs: 60_000,
  together: (file) => !APART.some((name) => file.includes(name)),
});
