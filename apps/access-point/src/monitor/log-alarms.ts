import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import type { LogAlarm, LogView } from '#libs/contracts';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { notFound } from '../leg/leg.reader.js';
import { appendLiveEvents } from '../live/live.repository.js';
import { logChanged } from '../live/live-event.js';
import type { Call } from '../officer/call.js';
import {
  countOpenAlarms,
  findAlarms,
  insertAlarm,
  lockAlarm,
  markAcknowledged,
  type NewAlarm,
} from './log-alarm.repository.js';
import { findMonitoredLogs } from './monitor.repository.js';

const MOST_SHOWN = 100;

/**
 * Whether this access point trusts the log: it does not from any alarm on, until an officer has taken note of it. Nothing that the hub sends ends an alarm.
 */
@Injectable()
export class LogAlarms {
  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    metrics.gauge(
      {
        name: 'serai_access_point_log_alarms',
        help: 'Alarms about the log that no officer has taken note of. The log is distrusted while there is one.',
      },
      async (gauge) => {
        const count = await countOpenAlarms(dataSource.manager).catch(() => undefined);
        if (count !== undefined) gauge.set(count);
      },
    );
  }

  /** Keeps the alarm and tells everybody, once for as long as it is open. */
  async raise(tx: EntityManager, alarm: NewAlarm): Promise<void> {
    const alarmId = v7();
    if (!(await insertAlarm(tx, alarmId, alarm, new Date()))) return;
    await appendLiveEvents(tx, [logChanged({ alarmId, state: 'DISTRUST', kind: alarm.kind })]);
    const { kind, origin, finding } = alarm;
    this.logger.error({ alarm: alarmId, kind, origin }, `ALARM: the log is distrusted. ${finding}`);
  }

  async view(): Promise<LogView> {
    const { manager } = this.dataSource;
    const alarms = await findAlarms(manager, MOST_SHOWN);
    return {
      state: alarms.some(({ acknowledged }) => acknowledged === undefined) ? 'DISTRUST' : 'INTACT',
      logs: await findMonitoredLogs(manager),
      alarms,
    };
  }

  /** An officer has taken note. What is still wrong raises another alarm. */
  acknowledge(call: Call<'acknowledgeLogAlarm'>): Promise<LogAlarm> {
    const { alarmId } = call.params;
    const { subject, pseudonym: officer } = call.officer;
    return this.idempotency.once(call, async (tx) => {
      const before = await lockAlarm(tx, alarmId);
      if (before === undefined) throw notFound();
      if (before.acknowledged !== undefined) return before;
      await markAcknowledged(tx, { alarmId, subject, officer, reason: call.body.reason, at: new Date() });
      const state = (await countOpenAlarms(tx)) === 0 ? 'INTACT' : 'DISTRUST';
      await appendLiveEvents(tx, [logChanged({ alarmId, state, kind: before.kind })]);
      this.logger.warn({ alarm: alarmId, officer, state }, 'an officer has taken note of an alarm about the log');
      return (await lockAlarm(tx, alarmId))!;
    });
  }
}
