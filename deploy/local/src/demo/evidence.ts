import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promise, type Step, type Story } from './story.js';

/** As the build leaves it; whoever tells the story does so from the checkout. */
const VERIFY = path.resolve('dist/verify.mjs');

interface Verdict {
  readonly holds: boolean;
  readonly checks: readonly { readonly rule: string; readonly holds: boolean; readonly reason?: string }[];
}

/** What the one-file verifier, a process of its own that knows nothing of the hub, says of a pack. */
function judge(pack: string, rootKeys: string): Verdict & { readonly code: number | null } {
  const args = [VERIFY, 'pack', pack, '--roots', rootKeys, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  promise(status === 0 || status === 1, `the verifier can be run: ${stderr}`);
  return { code: status, ...(JSON.parse(stdout) as Verdict) };
}

/** The same file with one bit of another value, in the middle of the request's signature. */
function withOneByteChanged(pack: Buffer, jws: string): Buffer {
  const changed = Buffer.from(pack);
  const place = changed.indexOf(jws) + jws.length - 40;
  changed[place] = (changed[place] ?? 0) ^ 1;
  return changed;
}

async function signedRequest(story: Story, legId: string): Promise<string> {
  const { messages } = await story.requester.leg(legId);
  const first = messages.find(({ hasContent }) => hasContent)?.envelopeId;
  promise(first !== undefined, 'the leg begins with a request');
  return (await story.requester.proof(legId, first)).envelope;
}

const proveOffline: Step = {
  name: 'prove-offline',
  title: 'One file proves the exchange to a stranger, without the hub; one byte changed, and it does not',
  async run(story) {
    const { teller, requester, cast } = story;
    const { rootKeys } = cast.community;
    const legId = story.legTo('iq');
    teller.command(
      `serai legs evidence ${legId} --to evidence.zip --as rs.liaison, then npm run verify -- pack evidence.zip --roots <root keys>`,
    );
    const pack = await requester.evidence(legId);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'serai-evidence-'));
    try {
      const file = path.join(folder, 'evidence.zip');
      fs.writeFileSync(file, pack);
      const verdict = judge(file, rootKeys);
      const failed = verdict.checks.find(({ holds }) => !holds);
      promise(verdict.code === 0 && verdict.holds, `the evidence holds: ${failed?.rule} ${failed?.reason}`);
      teller.say(
        `${verdict.checks.length} checks hold: ${[...new Set(verdict.checks.map(({ rule }) => rule))].join(', ')}.`,
      );
      fs.writeFileSync(file, withOneByteChanged(pack, await signedRequest(story, legId)));
      const refused = judge(file, rootKeys);
      const reason = refused.checks.find(({ holds }) => !holds);
      promise(refused.code === 1 && !refused.holds && reason !== undefined, 'changed evidence is refused');
      teller.say(`With one byte changed: FAILED ${reason.rule}: ${reason.reason}`);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const EVIDENCE: readonly Step[] = [proveOffline];
