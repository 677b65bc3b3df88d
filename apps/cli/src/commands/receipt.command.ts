import { Command } from 'commander';
import { MAX_RECEIPT_WAIT_SECONDS, type MessageReceipt, receiptLevel } from '#libs/contracts';
import { UsageError } from '../failure.js';
import { saveNew } from '../output/save-new.js';
import { receiptLine } from '../output/words.js';
import { type Surroundings, withClient } from './command.js';

interface ReceiptOptions {
  readonly level: string;
  readonly wait: string;
  readonly to?: string;
}

export function receiptCommand(surroundings: Surroundings): Command {
  return new Command('receipt')
    .description('how far the hub vouches for a message of a leg: accepted, sequenced, logged or witnessed')
    .argument('<leg>', 'id of the leg')
    .argument('[message]', 'id of the message; that of the request unless given')
    .option('--level <level>', 'what to wait for', 'WITNESSED')
    .option('--wait <seconds>', `for so long at most, up to ${MAX_RECEIPT_WAIT_SECONDS}`, '0')
    .option('--to <file>', 'save the proof there and what opens its leaf beside it, for npm run verify -- proof')
    .action(
      withClient<ReceiptOptions, [string, string?]>(surroundings, async ({ client, output, options }, legId, given) => {
        const level = receiptLevel.safeParse(options.level.toUpperCase()).data;
        if (!level) throw new UsageError(`--level is one of ${receiptLevel.options.join(', ')}.`);
        const envelopeId = given ?? (await client.leg(legId)).messages[0]?.envelopeId;
        if (!envelopeId) throw new UsageError('This leg has no message.');
        const receipt = await client.receipt(legId, envelopeId, { level, wait: options.wait });
        if (options.to !== undefined) saveProof(options.to, receipt);
        output.show(receipt, receiptLine(receipt));
      }),
    );
}

function saveProof(file: string, { proof, opening }: MessageReceipt): void {
  if (proof === undefined || opening === undefined) {
    throw new UsageError('There is no proof yet: wait for WITNESSED with --wait.');
  }
  saveNew(file, Buffer.from(proof));
  saveNew(`${file}.opening.json`, Buffer.from(`${JSON.stringify(opening)}\n`));
}
