import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readAnomalySettings } from './anomaly-settings.js';

describe('settings of the rules', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'serai-anomalies-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileOf = (text: string): string => {
    const file = path.join(folder, 'rules.json');
    writeFileSync(file, text);
    return file;
  };
  const refusal = (text: string): unknown => {
    try {
      return readAnomalySettings(fileOf(text));
    } catch (error) {
      return error;
    }
  };

  it('are the start values of the domain reference without a file', () => {
    const { AN1, AN2, AN3, AN4, AN6, AN11, SAMPLE } = readAnomalySettings(undefined);
    expect(AN1.deviations).toBe(4);
    expect(AN2).toEqual({ count: 3, days: 7 });
    expect(AN3.toleranceHours).toBe(2);
    expect(AN4.count).toBe(5);
    expect(AN6.hours).toBe(24);
    expect(AN11.seconds).toBe(120);
    expect(SAMPLE.share).toBe(0.01);
  });

  it('are those of a file where it names some, and the start values elsewhere', () => {
    const settings = readAnomalySettings(fileOf('{"AN4":{"count":9},"SAMPLE":{"share":0}}'));
    const start = readAnomalySettings(undefined);
    expect(settings).toEqual({ ...start, AN4: { ...start.AN4, count: 9 }, SAMPLE: { ...start.SAMPLE, share: 0 } });
  });

  it.each([
    ['{"AN7":{"count":20}}', 'AN7'],
    ['{"AN4":{"number":9}}', 'number'],
    ['{"AN4":{"count":0}}', 'AN4.count'],
    ['{"SAMPLE":{"share":1.1}}', 'SAMPLE.share'],
    ['{"AN4":', 'JSON'],
  ])('are refused as %s, which names what is wrong', (text, named) => {
    expect(refusal(text)).toMatchObject({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(named) });
  });

  it('are refused where the file is missing', () => {
    expect(() => readAnomalySettings(path.join(folder, 'none.json'))).toThrow('none.json');
  });
});
