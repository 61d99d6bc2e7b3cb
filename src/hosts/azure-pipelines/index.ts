import { FAULTS } from '../../errors.ts';
import { conclude } from '../../report/conclusions.ts';
import { outputsOf } from '../../report/outputs.ts';
import { newRunRecord } from '../../report/run-record.ts';
import { Agent } from './agent.ts';

const NODE = 24;

// An agent may run a task for Node 24 with Node 20, and says nothing. The run would begin, and break in the middle.
if (Number(process.versions.node.split('.')[0]) < NODE) {
  const { title, remedy } = FAULTS['node-version'];
  const agent = new Agent(process.env);
  agent.log.error(`${title}: expected Node ${NODE} or later, got ${process.versions.node}. ${remedy}`, title);
  const record = newRunRecord(Date.now());
  for (const [name, value] of Object.entries(outputsOf(record, conclude(record))))
    agent.setOutput(name, value);
  agent.complete(false, title);
} else {
  await import(/* webpackMode: "eager" */ './task.ts');
}
