import type { AnswerOf, QueryOf, Transport } from './transport.js';

/** The entries of a list, page by page as they are needed. */
export async function* pagesOf<
  Id extends
    | 'listRequests'
    | 'listLegs'
    | 'listAccessLog'
    | 'listApprovals'
    | 'listHolds'
    | 'listAnomalies'
    | 'listQuestions'
    | 'listAssignments'
    | 'listNotes'
    | 'searchRecords',
>(
  transport: Transport,
  id: Id,
  query: QueryOf<Id>,
  params?: Record<string, string>,
): AsyncGenerator<AnswerOf<Id>['entries'][number], void, undefined> {
  for (let cursor = query?.cursor; ; ) {
    const page: { entries: AnswerOf<Id>['entries'][number][]; next?: string } = await transport.call(id, {
      params,
      query: { ...query, cursor },
    });
    yield* page.entries;
    if (!page.next) return;
    cursor = page.next;
  }
}
