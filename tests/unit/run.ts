import { availableParallelism } from 'node:os';
import { testMain } from '../harness/main.js';

/** What these try, signals and the ends of processes among it, needs a process of its own. */
const APART = ['/unit/harness/', '/unit/process/', '/unit/launcher.test.js'];

// Not more, though some files wait: each process that files share has to be warmed up again.
await testMain(import.meta.dirname, {
  jobs: availableParallelism(),
  fileTimeoutMs: 60_000,
  together: (file) => !APART.some((name) => file.includes(name)),
});
