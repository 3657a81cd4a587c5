import { testMain } from '../harness/main.js';

// One after the other: each builds kernels and boots guests with all the processors there are.
await testMain(import.meta.dirname, { jobs: 1, fileTimeoutMs: 600_000 });
