import asyncApiSpecifications from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema } from './json-schema.js';

/** What is wrong with the documents by the specifications that they claim to follow; one line per finding. */
export async function documentProblems(documents: ReadonlyMap<string, string>): Promise<string[]> {
  const checks = new Checks();
  const problems: string[] = [];
  for (const [file, text] of documents) {
    if (!file.endsWith('.json')) continue;
    const found = await checks.problemsOf(file, JSON.parse(text));
    problems.push(...found.map((problem) => `${file}: ${problem}`));
  }
  return problems;
}

/** One validator per specification for all documents: making one costs more than using it. */
class Checks {
  private readonly jsonSchema = new Ajv2020({ strict: false });
  private readonly openApi = new Validator();

  async problemsOf(file: string, document: JsonSchema): Promise<string[]> {
    if (file.startsWith('schemas/')) return this.jsonSchemaProblems(document);
    if (file.startsWith('openapi/')) return this.openApiProblems(document);
    return asyncApiProblems(document);
  }

  private jsonSchemaProblems(schema: JsonSchema): string[] {
    try {
      this.jsonSchema.compile(schema);
      return [];
    } catch (error) {
      return [String(error)];
    }
  }

  private async openApiProblems(document: JsonSchema): Promise<string[]> {
    const { valid, errors } = await this.openApi.validate(structuredClone(document));
    return valid ? [] : [JSON.stringify(errors)];
  }
}

function asyncApiProblems(document: JsonSchema): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(asyncApiSpecifications.schemasWithoutId['3.0.0']);
  return validate(document) ? [] : (validate.errors ?? []).map((error) => JSON.stringify(error));
}
