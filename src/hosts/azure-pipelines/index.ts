import { FAULTS } from '../../errors.ts';
import { loggingCommand, tellAgent } from './logging-commands.ts';

const NODE = 24;

// An agent may run a task for Node 24 with Node 20, and says nothing. The run would begin, and break in the middle.
if (Number(process.versions.node.split('.')[0]) < NODE) {
  const { title, remedy } = FAULTS['node-version'];
  const message = `${title}: expected Node ${NODE} or later, got ${process.versions.node}. ${remedy}`;
  tellAgent(loggingCommand('task.logissue', { type: 'error' }, message));
  tellAgent(loggingCommand('task.setvariable', { variable: 'complete', isOutput: 'true' }, 'false'));
  tellAgent(loggingCommand('task.complete', { result: 'Failed' }, message));
} else {
  await import(/* webpackMode: "eager" */ './task.ts');
}
