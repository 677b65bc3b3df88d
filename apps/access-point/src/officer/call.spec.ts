import { openCall } from './call.js';
import type { Officer } from './officer.js';

const desk = 'urn:serai:desk:iq:ncc';
const officer: Officer = {
  subject: 's',
  name: 'Karim al-Tajribi',
  pseudonym: 'o-12345678',
  roles: ['NCC_DUTY_OFFICER'],
  desks: [desk],
  until: new Date(),
};
const legId = '01890000-0000-7000-8000-00000000000a';
const headers = { 'serai-desk': desk, 'serai-purpose': 'INVESTIGATION', 'idempotency-key': 'key-12345678' };
const text = { language: 'en', text: 'Which document?' };
const raw = (change: object = {}) => ({ params: { legId }, query: {}, body: text, headers, ...change }) as never;
const code = (expected: string) => expect.objectContaining({ code: expected });

describe(openCall.name, () => {
  it('parses context and input', () => {
    expect(openCall('askClarification', officer, raw())).toMatchObject({
      acting: { desk, purpose: 'INVESTIGATION' },
      idempotencyKey: 'key-12345678',
      params: { legId },
      body: text,
      query: undefined,
    });
  });

  it('drops what the schema does not know', () => {
    const call = openCall('askClarification', officer, raw({ body: { ...text, note: 'internal' } }));
    expect(call.body).toEqual(text);
  });

  it('asks for no purpose where nothing is read or done', () => {
    expect(openCall('getLeg', officer, raw({ headers: {}, body: undefined })).acting).toBeUndefined();
  });

  it.each([
    ['no desk', { 'serai-desk': undefined }],
    ['no purpose', { 'serai-purpose': undefined }],
    ['a purpose that is none', { 'serai-purpose': 'CURIOSITY' }],
  ])('refuses %s', (_, change) => {
    const input = raw({ headers: { ...headers, ...change } });
    expect(() => openCall('askClarification', officer, input)).toThrow(code('ERR_OFFICER_NO_PURPOSE'));
  });

  it('refuses a desk of somebody else', () => {
    const input = raw({ headers: { ...headers, 'serai-desk': 'urn:serai:desk:iq:liaison' } });
    expect(() => openCall('askClarification', officer, input)).toThrow(code('ERR_OFFICER_FORBIDDEN'));
  });

  it('refuses a role before it looks at anything else', () => {
    const border: Officer = { ...officer, roles: ['BORDER_OFFICER'] };
    expect(() => openCall('askClarification', border, raw({ headers: {}, body: 1 }))).toThrow(
      code('ERR_OFFICER_FORBIDDEN'),
    );
  });

  it.each([
    ['parameters', { params: { legId: 'x' } }, 'legId'],
    ['body', { body: { language: 'en' } }, 'text'],
    ['idempotency key', { headers: { ...headers, 'idempotency-key': 'short' } }, 'idempotency-key'],
  ])('refuses wrong %s and names the field', (_, change, field) => {
    expect(() => openCall('askClarification', officer, raw(change))).toThrow(
      expect.objectContaining({ code: 'ERR_REQUEST_INVALID', fields: [expect.objectContaining({ path: field })] }),
    );
  });
});
