import type { AnomalySummary, AnomalyView, ProvenAccess, QuestionView, ResolvedOfficer } from '#libs/contracts';
import type { ActOptions } from './leg-acts.js';
import { SecretariatActs } from './secretariat-acts.js';
import { pagesOf } from './transport/pages.js';
import type { BodyOf, QueryOf } from './transport/transport.js';

/** What auditors ask officers, and officers answer. */
export abstract class AuditorActs extends SecretariatActs {
  /** What rules found in the audit metadata, newest first; pages are fetched as they are needed. */
  anomalies(query: QueryOf<'listAnomalies'> = {}): AsyncGenerator<AnomalySummary, void, undefined> {
    return pagesOf(this.transport, 'listAnomalies', query);
  }

  async anomaly(itemId: string): Promise<AnomalyView> {
    return this.transport.call('getAnomaly', { params: { itemId } });
  }

  /** Asks the officer concerned; without a question in the words that everybody is asked in. */
  async requestJustification(
    itemId: string,
    body: BodyOf<'requestJustification'> = {},
    options: ActOptions = {},
  ): Promise<AnomalyView> {
    return this.transport.call('requestJustification', { ...options, params: { itemId }, body });
  }

  async concludeAnomaly(
    itemId: string,
    body: BodyOf<'concludeAnomaly'>,
    options: ActOptions = {},
  ): Promise<AnomalyView> {
    return this.transport.call('concludeAnomaly', { ...options, params: { itemId }, body });
  }

  /** What proves one entry of the access log to a stranger. */
  async proveAccess(entryId: string, reason: string): Promise<ProvenAccess> {
    return this.transport.call('proveAccess', { params: { entryId }, query: { reason } });
  }

  /** Who of the own officers is behind a pseudonym of a joint review. */
  async resolveOfficer(query: QueryOf<'resolveOfficer'>): Promise<ResolvedOfficer> {
    return this.transport.call('resolveOfficer', { query });
  }

  /** What the officer who calls is asked, newest first. */
  questions(query: QueryOf<'listQuestions'> = {}): AsyncGenerator<QuestionView, void, undefined> {
    return pagesOf(this.transport, 'listQuestions', query);
  }

  async answerQuestion(itemId: string, text: string, options: ActOptions = {}): Promise<QuestionView> {
    return this.transport.call('answerQuestion', { ...options, params: { itemId }, body: { text } });
  }
}
