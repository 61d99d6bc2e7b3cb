import { FAULTS } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Conclusions } from './conclusions.ts';
import { inHostWords } from './host-words.ts';
import { NOTICE_TITLES } from './notice.ts';
import { outputsOf } from './outputs.ts';
import type { RunRecord } from './run-record.ts';
import { summaryOf } from './summary.ts';

/** Tells how the run went: outputs, one annotation for each kind of fault, and the job summary. */
export async function report(record: RunRecord, drawn: Conclusions, host: Host): Promise<void> {
  const conclusions = inHostWords(drawn, host.dialect);
  for (const [code, text] of conclusions.notices) host.log.warning(text, NOTICE_TITLES[code]);
  for (const error of conclusions.faults.values()) host.log.error(error.message, FAULTS[error.code].title);
  try {
    for (const [name, value] of Object.entries(outputsOf(record, conclusions))) host.setOutput(name, value);
  } catch (error) {
    host.log.warning(`The outputs could not be written (${(error as Error).name}).`, 'No outputs');
  }
  try {
    const now = host.clock.now() + record.clockAhead;
    await host.writeSummary(summaryOf(record, conclusions, host.context, now, host.dialect));
  } catch (error) {
    // Old runners have no summary file; what it says stands in the outputs too.
    host.log.warning(`The job summary could not be written (${(error as Error).name}).`, 'No job summary');
  }
}
