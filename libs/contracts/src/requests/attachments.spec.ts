import { MAX_ATTACHMENTS_PER_MESSAGE } from '../limits.js';
import { attachmentReferences } from './attachments.js';

const reference = (nth: number) => ({
  attachmentId: `01890000-0000-7000-8000-${String(nth).padStart(12, '0')}`,
  sha256: 'uU0nuZNNPgilLlLX2n2r-sSE7-N6U4DukIj3rOLvzek',
  bytes: 100,
});
const many = (count: number) => Array.from({ length: count }, (_, nth) => reference(nth));

describe('attachments of a clear header', () => {
  it('are one to ten', () => {
    expect(attachmentReferences.safeParse(many(1)).success).toBe(true);
    expect(attachmentReferences.safeParse(many(MAX_ATTACHMENTS_PER_MESSAGE)).success).toBe(true);
  });

  it.each<[string, unknown]>([
    ['none', []],
    ['one too many', many(MAX_ATTACHMENTS_PER_MESSAGE + 1)],
    ['one twice', [reference(1), reference(1)]],
    ['one of nothing', [{ ...reference(1), bytes: 0 }]],
    ['one that is too large', [{ ...reference(1), bytes: 10_002_489 }]],
    ['one without a hash', [{ ...reference(1), sha256: undefined }]],
    ['a path for an id', [{ ...reference(1), attachmentId: '../../etc/passwd' }]],
  ])('are not %s', (_what, references) => {
    expect(attachmentReferences.safeParse(references).success).toBe(false);
  });
});
