/** Behaviour belongs to both hosts: the same tests once more, through the stand-in of an agent. */
process.env.HOST_UNDER_TEST = 'azure-pipelines';
await import('./ending.test.ts');
await import('./settled-hours.test.ts');
await import('./collect.test.ts');
await import('./fallback.test.ts');
await import('./ingest.test.ts');
await import('./preflight.test.ts');

export {};
