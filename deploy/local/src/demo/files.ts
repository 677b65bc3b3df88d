import { crc32, deflateSync } from 'node:zlib';
import type { SeraiClient } from '#libs/client';

// What goes with Iraq's second answer. Both files are made here and show nobody.

type NewFile = Parameters<SeraiClient['uploadAttachment']>[0];

const REGISTER_PAGE = `entry,family name,given names,born,registered at,remark
0017,al-Wahmi,Zayd Mithal,1988-03-00,Shaqlawa (invented),"known to police as Abu Mithal"
0018,al-Wahmi,Noor Mithal,1991-07-00,Shaqlawa (invented),sister of 0017
`;

const PORTRAIT = { width: 480, height: 640 };
const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** A picture of nobody: a grey head before a lighter wall. Stored without compression, so that it is larger than one part of an upload. */
function portrait({ width, height }: typeof PORTRAIT): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits each of red, green, blue and opacity.
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + 4 * width, 0xff);
    row[0] = 0;
    for (let x = 0; x < width; x += 1) row.fill(shade(x / width, y / height), 1 + 4 * x, 4 + 4 * x);
    return row;
  });
  const pixels = deflateSync(Buffer.concat(rows), { level: 0 });
  return Buffer.concat([PNG_SIGNATURE, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function shade(x: number, y: number): number {
  const isHead = ((x - 0.5) / 0.22) ** 2 + ((y - 0.4) / 0.24) ** 2 < 1;
  const isBody = ((x - 0.5) / 0.42) ** 2 + ((y - 1.02) / 0.36) ** 2 < 1;
  return isHead || isBody ? 0x70 : 0xc0 + Math.round(0x20 * y);
}

function chunk(type: string, bytes: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), bytes]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(bytes.byteLength);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

export const FILES: readonly NewFile[] = [
  { name: 'register-page.csv', mediaType: 'text/csv', content: Buffer.from(REGISTER_PAGE) },
  { name: 'portrait.png', mediaType: 'image/png', content: portrait(PORTRAIT) },
];
