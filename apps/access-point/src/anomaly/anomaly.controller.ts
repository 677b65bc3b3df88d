import { Controller } from '@nestjs/common';
import type { AnomalySummary, AnomalyView, QuestionView } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { AnomalyQueue } from './anomaly-queue.js';
import { Questions } from './questions.js';

@Controller()
export class AnomalyController {
  constructor(
    private readonly queue: AnomalyQueue,
    private readonly questions: Questions,
  ) {}

  @Operation('listAnomalies')
  list(@CallOf() call: Call<'listAnomalies'>): Promise<Page<AnomalySummary>> {
    return this.queue.list(call);
  }

  @Operation('getAnomaly')
  get(@CallOf() call: Call<'getAnomaly'>): Promise<AnomalyView> {
    return this.queue.get(call);
  }

  @Operation('requestJustification')
  ask(@CallOf() call: Call<'requestJustification'>): Promise<AnomalyView> {
    return this.queue.ask(call);
  }

  @Operation('concludeAnomaly')
  conclude(@CallOf() call: Call<'concludeAnomaly'>): Promise<AnomalyView> {
    return this.queue.conclude(call);
  }

  @Operation('listQuestions')
  listQuestions(@CallOf() call: Call<'listQuestions'>): Promise<Page<QuestionView>> {
    return this.questions.list(call);
  }

  @Operation('answerQuestion')
  answer(@CallOf() call: Call<'answerQuestion'>): Promise<QuestionView> {
    return this.questions.answer(call);
  }
}
