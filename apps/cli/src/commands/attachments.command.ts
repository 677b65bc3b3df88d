import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { mediaTypeOf } from '#libs/attachments';
import type { SeraiClient } from '#libs/client';
import { attachmentMediaType, type LegMessage } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { UsageError } from '../failure.js';
import { type Output, table } from '../output/output.js';
import { saveNew } from '../output/save-new.js';
import { typeWords } from '../output/words.js';
import { type Surroundings, type Work, withClient } from './command.js';

/** Options of commands that send a message. */
export interface AttachOptions {
  readonly attach?: readonly string[];
  readonly idempotencyKey?: string;
}

export const withAttachments = (command: Command): Command =>
  command.option('--attach <file...>', 'files that go with it, at most 10 of 10 MB');

/** Uploads the files of `--attach`; resolves to what the message names. */
export async function uploadAll({
  client,
  output,
  options,
  signal,
}: Work<AttachOptions>): Promise<string[] | undefined> {
  if (!options.attach) return undefined;
  const ids: string[] = [];
  for (const [nth, file] of options.attach.entries()) {
    const key = options.idempotencyKey;
    ids.push(await upload(client, output, file, { signal, idempotencyKey: key && `${key}-attachment-${nth}` }));
  }
  return ids;
}

export function attachmentsCommand(surroundings: Surroundings): Command {
  return new Command('attachments')
    .description('files that go with requests and answers')
    .addCommand(uploadCommand(surroundings))
    .addCommand(listCommand(surroundings))
    .addCommand(downloadCommand(surroundings));
}

function uploadCommand(surroundings: Surroundings): Command {
  return new Command('upload')
    .description('upload a file, to name it in a message later')
    .argument('<file>', 'path of the file')
    .option('--resume <attachment>', 'go on with an upload that was interrupted')
    .action(
      withClient<{ resume?: string }, [string]>(surroundings, async ({ client, output, options, signal }, file) => {
        const attachmentId = await upload(client, output, file, { signal, attachmentId: options.resume });
        output.show({ attachmentId }, attachmentId);
      }),
    );
}

function listCommand(surroundings: Surroundings): Command {
  return new Command('list')
    .description('attachments of a leg and where they are')
    .argument('<leg>', 'id of the leg')
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, legId) => {
        const { messages } = await client.leg(legId);
        const found = messages.filter(({ attachments }) => attachments !== undefined);
        const rows = found.flatMap(rowsOf);
        output.show(
          found.map(({ envelopeId, attachments }) => ({ envelopeId, attachments })),
          rows.length ? table(rows) : 'None.',
        );
      }),
    );
}

const rowsOf = ({ envelopeId, type, attachments = [] }: LegMessage): string[][] =>
  attachments.map(({ attachmentId, state, bytes, carried, code }) => [
    envelopeId,
    attachmentId,
    typeWords(type),
    state === 'WAITING' ? `${Math.floor((100 * carried) / bytes)} %` : state,
    code ?? '',
  ]);

function downloadCommand(surroundings: Surroundings): Command {
  return new Command('download')
    .description('save an attachment; the look is logged')
    .argument('<leg>', 'id of the leg')
    .argument('<message>', 'id of the message')
    .argument('<attachment>', 'id of the attachment')
    .option('--to <file>', 'where; under its own name in this folder unless given')
    .action(
      withClient<{ to?: string }, [string, string, string]>(
        surroundings,
        async ({ client, output, options, signal }, legId, envelopeId, attachmentId) => {
          const onProgress = progressOf(output, attachmentId);
          const file = await client.downloadAttachment({ legId, envelopeId, attachmentId }, { onProgress, signal });
          const target = saveNew(options.to ?? path.basename(file.name), file.content);
          const { name, mediaType, content } = file;
          const bytes = content.byteLength;
          output.show({ name, mediaType, bytes, file: target }, `${target}: ${bytes} bytes, ${mediaType}`);
        },
      ),
    );
}

async function upload(
  client: SeraiClient,
  output: Output,
  file: string,
  options: { signal: AbortSignal; attachmentId?: string; idempotencyKey?: string },
): Promise<string> {
  const content = readFile(file);
  const name = path.basename(file);
  const mediaType = await mediaTypeOf(content, path.extname(name) === '.csv' ? 'text/csv' : undefined);
  if (!mediaType) {
    const types = attachmentMediaType.options.join(', ');
    throw new SeraiError('ERR_ATTACHMENT_TYPE', `${name} is of a type that may not be attached. What may: ${types}.`);
  }
  const onProgress = progressOf(output, name);
  return client.uploadAttachment({ name, mediaType, content }, { ...options, onProgress });
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new UsageError(`${file} is not a readable file.`);
  }
}

/** A line at each tenth of the way. */
function progressOf(output: Output, name: string): (carried: number, bytes: number) => void {
  let said = -1;
  return (carried, bytes) => {
    const tenth = bytes === 0 ? 10 : Math.floor((10 * carried) / bytes);
    if (tenth <= said) return;
    said = tenth;
    output.remark(`${name} ${tenth * 10} %`);
  };
}
