import type { AttachmentMediaType } from '#libs/contracts';
import { assertMediaType, mediaTypeOf } from './media-type.js';

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));

const PNG = bytes(
  [0x89],
  'PNG\r\n',
  [0x1a, 0x0a],
  [0, 0, 0, 13],
  'IHDR',
  new Array<number>(17).fill(0),
  [0, 0, 0, 0],
  'IDAT',
);
const JPEG = bytes([0xff, 0xd8, 0xff, 0xe0, 0, 16], 'JFIF', [0, 1, 1]);
const PDF = bytes('%PDF-1.7\n%', [0xe2, 0xe3], '\n1 0 obj\n');
const TIFF = bytes('II', [42, 0, 8, 0, 0, 0, 0, 0]);
const EXE = bytes('MZ', new Array<number>(64).fill(0));
const ELF = bytes([0x7f], 'ELF', new Array<number>(60).fill(0));
const ZIP = bytes('PK', [3, 4], new Array<number>(40).fill(0));

describe(mediaTypeOf.name, () => {
  it.each<[string, Buffer, AttachmentMediaType]>([
    ['PNG', PNG, 'image/png'],
    ['JPEG', JPEG, 'image/jpeg'],
    ['PDF', PDF, 'application/pdf'],
    ['TIFF', TIFF, 'image/tiff'],
    ['text in any script', Buffer.from('Милица Примеровић\tليلى\r\n'), 'text/plain'],
  ])('knows %s', async (_, content, type) => {
    expect(await mediaTypeOf(content)).toBe(type);
  });

  it('takes a hint for kinds of text only', async () => {
    expect(await mediaTypeOf(Buffer.from('a;b\n1;2\n'), 'text/csv')).toBe('text/csv');
    expect(await mediaTypeOf(Buffer.from('a;b\n1;2\n'), 'image/png')).toBe('text/plain');
    expect(await mediaTypeOf(PNG, 'text/csv')).toBe('image/png');
  });

  it.each<[string, Buffer]>([
    ['a Windows program', EXE],
    ['a Linux program', ELF],
    ['an archive', ZIP],
    ['XML, of which SVG is one', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['text with a zero byte', Buffer.from('a\0b')],
    ['bytes that are no UTF-8', Buffer.from([0xc3, 0x28, 0xa0])],
    ['text with an escape sequence', Buffer.from('\u001b[2J')],
  ])('refuses %s', async (_, content) => {
    expect(await mediaTypeOf(content)).toBeUndefined();
  });
});

describe(assertMediaType.name, () => {
  it('lets bytes through that are what was said', async () => {
    await expect(assertMediaType(PNG, 'image/png')).resolves.toBeUndefined();
  });

  it.each<[Buffer, AttachmentMediaType]>([
    [EXE, 'application/pdf'],
    [PDF, 'image/png'],
    [Buffer.from('plain'), 'image/png'],
    [PNG, 'text/plain'],
  ])('refuses others', async (content, said) => {
    await expect(assertMediaType(content, said)).rejects.toMatchObject({ code: 'ERR_ATTACHMENT_TYPE' });
  });
});
