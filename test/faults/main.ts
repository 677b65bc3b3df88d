import { Campaign, type CampaignResult } from './campaign.js';
import { target } from './protocol.js';

// Does to the constellation that deploy/local/src/faults.ts has brought up what its first message says. Ends when that one does.

const asJson = process.argv.includes('--json');
const say = (line: string): void => console.error(line);

function describeResult({ ok, exchanges, kills, lost, doubled, reordered, ...more }: CampaignResult): string {
  const verdict = ok ? 'Nothing was lost, doubled or reordered.' : 'Something is wrong:';
  const { brokenFeeds, misLogged, refused, unanswered, unclear, noticed, ended, slowestRecoveryMs, seed } = more;
  const counts = { lost, doubled, reordered, brokenFeeds, misLogged, refused, noticed };
  return [
    `${verdict} ${exchanges} exchanges, ${kills} kills, seed ${seed}.`,
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
    ...Object.entries({ ...unanswered, ...unclear }).map(([what, count]) => `${count} times: ${what}`),
    ...Object.entries(ended).map(
      ([what, count]) => `${count} times ended without a strike, or otherwise than it should: ${what}`,
    ),
    `Slowest recovery: ${(slowestRecoveryMs / 1000).toFixed(1)} s.`,
  ].join('\n');
}

process.once('disconnect', () => process.exit(1));
process.once('message', (message) => {
  new Campaign(target.parse(message), say)
    .run()
    .then((result) => {
      (asJson ? console.error : console.log)(describeResult(result));
      if (asJson) console.log(JSON.stringify(result));
      process.exitCode = result.ok ? 0 : 1;
    })
    .catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    })
    .finally(() => process.exit());
});
