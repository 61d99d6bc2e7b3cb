import { setFlagsFromString } from 'node:v8';
import { readProxies } from './http/proxies.ts';

// Keeps the young generation at its first size. Events live for microseconds, so a larger one is only more memory: 16 MB
// semi-spaces let the buffers of pages long done with pile up to 150 MB between two collections (bench/RESULTS.md).
setFlagsFromString('--semi-space-growth-factor=1');
// Before any library looks at them, which some do as soon as they are loaded.
const proxies = readProxies(process.env);
for (const [name, value] of Object.entries(proxies.settings)) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

const { main } = await import(/* webpackMode: "eager" */ './main.ts');
// Only now: while the libraries are set up nothing of it can be collected.
// Little of the old generation lives, so that it is collected after a fifth of growth instead of V8's own factor: each
// large run measured stayed some 20 to 30 MB lower, for up to a tenth more CPU.
setFlagsFromString('--heap-growing-percent=20');
process.exitCode = (await main(proxies.faults)) ? 0 : 1;
// What is left over (an upload given up, an idle connection) must not keep the step going.
setTimeout(() => process.exit(), 1000).unref();
