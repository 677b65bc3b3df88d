import { type Channel, participantUrn, serviceUrnOf } from '#libs/contracts';

/** Who may sign the messages of a channel: any participant, or the one service that owns it. */
const SPEAKERS: Readonly<Record<Channel, 'participants' | string>> = {
  'requests.submissions': 'participants',
  'requests.events': serviceUrnOf('requests'),
  'directory.submissions': 'participants',
  'directory.events': serviceUrnOf('directory'),
  'notifications.submissions': 'participants',
  'notifications.events': serviceUrnOf('notifications'),
  'access.records': 'participants',
  'audit.progress': serviceUrnOf('audit'),
  'audit.epochs': serviceUrnOf('audit'),
  'gateway.answers': serviceUrnOf('gateway'),
  'directory.answers': serviceUrnOf('directory'),
  'audit.answers': serviceUrnOf('audit'),
};

/** True when `source` may sign messages that travel on `channel`. */
export function maySpeakOn(channel: Channel, source: string): boolean {
  const speaker = SPEAKERS[channel];
  return speaker === 'participants' ? participantUrn.safeParse(source).success : source === speaker;
}
