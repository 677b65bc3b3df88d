import { BarePipeline } from './bare-pipeline.js';
import { BareRecordRepository } from './bare-record.repository.js';
import { type BareAnswer, type BareReport, type BareSettings, INSERT_MODES } from './protocol.js';

// The bare pipeline as a process of its own, as an app would be. The modes take turns, so that what disturbs the machine disturbs all of them.

async function measure(settings: BareSettings): Promise<BareReport> {
  const rates = { 'set-based': [] as number[], 'statement-each': [] as number[], 'commit-each': [] as number[] };
  const repository = await BareRecordRepository.create(settings.postgresUrl);
  const pipeline = new BarePipeline(settings, repository);
  try {
    await pipeline.start();
    // Producer and consumer have met, and the code is warm.
    await pipeline.measure('set-based', settings.records['set-based']);
    for (let window = 0; window < settings.windows; window += 1) {
      for (const mode of INSERT_MODES) rates[mode].push(await pipeline.measure(mode, settings.records[mode]));
    }
  } finally {
    await pipeline.stop();
    await repository.drop();
  }
  return rates;
}

async function answer(settings: BareSettings): Promise<BareAnswer> {
  try {
    return { kind: 'measured', report: await measure(settings) };
  } catch (error) {
    return { kind: 'failed', message: String(error instanceof Error ? error.stack : error) };
  }
}

process.on('message', (settings: BareSettings) => {
  void answer(settings).then((said) => process.send?.(said));
});
process.on('disconnect', () => process.exit());
