import { availableParallelism } from 'node:os';
import { testMain } from '../harness/main.js';

// One more than processors: some files wait for processes and timers of theirs.
await testMain(import.meta.dirname, { jobs: availableParallelism() + 1, fileTimeoutMs: 60_000 });
