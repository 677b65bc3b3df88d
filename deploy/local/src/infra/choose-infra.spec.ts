import { LocalError } from '../local-error.js';
import { chooseInfra, type InfraProbes } from './choose-infra.js';

const NOTHING = { postgres: false, kafka: false };
const noJava = new LocalError('ERR_LOCAL_JAVA_MISSING', 'Java 17 or newer runs the embedded Kafka and was not found.');

function machine(has: { java?: boolean; engine?: boolean }): InfraProbes & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    embeddedPostgres: async () => undefined,
    embeddedKafka: async () => {
      asked.push('java');
      if (!has.java) throw noJava;
    },
    engineAnswers: async () => {
      asked.push('engine');
      return has.engine ?? false;
    },
  };
}

describe(chooseInfra.name, () => {
  it('takes given addresses without looking at the machine', async () => {
    const probes = machine({});
    await expect(chooseInfra({ postgres: true, kafka: true }, undefined, probes)).resolves.toEqual({
      postgres: 'given',
      kafka: 'given',
    });
    expect(probes.asked).toEqual([]);
  });

  it('takes each address by itself', async () => {
    const choice = await chooseInfra({ postgres: true, kafka: false }, undefined, machine({ java: true }));
    expect(choice).toEqual({ postgres: 'given', kafka: 'embedded' });
  });

  it('prefers embedded programs and does not wake an engine for nothing', async () => {
    const probes = machine({ java: true, engine: true });
    await expect(chooseInfra(NOTHING, '', probes)).resolves.toEqual({ postgres: 'embedded', kafka: 'embedded' });
    expect(probes.asked).toEqual(['java']);
  });

  it('falls back to containers', async () => {
    const choice = await chooseInfra(NOTHING, undefined, machine({ engine: true }));
    expect(choice).toEqual({ postgres: 'embedded', kafka: 'containers' });
  });

  it('names both ways in one sentence when there is neither', async () => {
    const error = await chooseInfra(NOTHING, undefined, machine({})).catch((thrown: LocalError) => thrown);
    expect(error).toMatchObject({ code: 'ERR_LOCAL_NO_INFRA' });
    expect((error as LocalError).message).toMatch(/Java 17.*container engine/);
  });

  it('forces containers', async () => {
    const choice = await chooseInfra(NOTHING, 'containers', machine({ java: true, engine: true }));
    expect(choice).toEqual({ postgres: 'containers', kafka: 'containers' });
  });

  it('refuses forced containers without an engine, even where Java is', async () => {
    const refused = chooseInfra(NOTHING, 'containers', machine({ java: true }));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_LOCAL_NO_ENGINE' });
  });

  it('refuses forced embedding without Java, even where an engine is', async () => {
    const refused = chooseInfra(NOTHING, 'embedded', machine({ engine: true }));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_LOCAL_JAVA_MISSING' });
  });

  it('refuses a word that it does not know', async () => {
    const refused = chooseInfra(NOTHING, 'docker', machine({ java: true }));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_LOCAL_INFRA_CHOICE' });
  });
});
