export * from './step.js';
export * from './fresh.js';
export * from './pages.js';
export * from './take.js';
export * from './compound.js';
export * from './free.js';
