import { testMain } from '../harness/main.js';

await testMain(import.meta.dirname, { jobs: 2, fileTimeoutMs: 60_000 });
