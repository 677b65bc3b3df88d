import { LocalError } from '../local-error.js';

/** How one part of the infrastructure is had. */
export type InfraKind = 'given' | 'embedded' | 'containers';

/** What this machine offers; each probe runs only when its answer matters. */
export interface InfraProbes {
  /** Resolves when the embedded PostgreSQL can run, throws a sentence otherwise. */
  embeddedPostgres(): Promise<void>;
  embeddedKafka(): Promise<void>;
  engineAnswers(): Promise<boolean>;
}

export interface InfraChoice {
  readonly postgres: InfraKind;
  readonly kafka: InfraKind;
}

/**
 * Addresses that were given win; else embedded; else containers; else one sentence that names both ways.
 * `forced` is SERAI_INFRA.
 */
export async function chooseInfra(
  given: { readonly postgres: boolean; readonly kafka: boolean },
  forced: string | undefined,
  probes: InfraProbes,
): Promise<InfraChoice> {
  if (forced !== undefined && forced !== '' && forced !== 'embedded' && forced !== 'containers') {
    throw new LocalError(
      'ERR_LOCAL_INFRA_CHOICE',
      `SERAI_INFRA is "${forced}": set it to "embedded" or "containers", or leave it out.`,
    );
  }
  const part = async (isGiven: boolean, probe: () => Promise<void>): Promise<InfraKind> => {
    if (isGiven) return 'given';
    return forced ? assertForced(forced, probe, probes) : embeddedOrContainers(probe, probes);
  };
  const postgres = await part(given.postgres, probes.embeddedPostgres);
  return { postgres, kafka: await part(given.kafka, probes.embeddedKafka) };
}

async function assertForced(forced: string, probe: () => Promise<void>, probes: InfraProbes): Promise<InfraKind> {
  if (forced === 'embedded') {
    await probe();
    return 'embedded';
  }
  if (await probes.engineAnswers()) return 'containers';
  throw new LocalError(
    'ERR_LOCAL_NO_ENGINE',
    'SERAI_INFRA asks for containers and no container engine answers: start Docker or Podman, or leave SERAI_INFRA out.',
  );
}

async function embeddedOrContainers(probe: () => Promise<void>, probes: InfraProbes): Promise<InfraKind> {
  try {
    await probe();
    return 'embedded';
  } catch (error) {
    if (await probes.engineAnswers()) return 'containers';
    throw new LocalError(
      'ERR_LOCAL_NO_INFRA',
      `${(error as Error).message} Or start a container engine (Docker, Podman): none answers here.`,
      { cause: error },
    );
  }
}
