import { z } from 'zod';
import { ERROR_TABLE } from '#libs/errors';
import { apiProblem } from '../access-point-api/common.js';
import type { HttpRoute, RouteSecurity } from '../http-route.js';
import type { HttpApi } from './http-apis.js';
import { type JsonSchema, toReferenceSchema } from './json-schema.js';
import { SCHEMA_NAMES } from './named-schemas.js';

const SECURITY_SCHEMES: Record<Exclude<RouteSecurity, 'none'>, [name: string, scheme: JsonSchema]> = {
  'caller token': [
    'callerToken',
    {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description:
        'Signed by the participant with a registered key, typ `serai-caller+jwt`; iss and sub are the participant, aud is the URN of the service, at most 60 seconds long.',
    },
  ],
  'operator token': [
    'operatorToken',
    {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description:
        'Signed with a registered key of `urn:serai:service:operations`, typ `serai-operator+jwt`; iss and sub are that URN, aud is the URN of the service, at most 60 seconds long.',
    },
  ],
  'officer token': [
    'officerToken',
    {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: "Access token of the participant's own identity provider; aud is the URN of the participant.",
    },
  ],
};

const PROBLEM = { 'application/problem+json': apiProblem };

/** OpenAPI 3.1 document of one HTTP API. */
export function openApiDocument(api: HttpApi, version: string): JsonSchema {
  return new DocumentBuilder().build(api, version);
}

/** Collects the named schemas of all routes under `components`. */
class DocumentBuilder {
  private readonly schemas: Record<string, unknown> = {};

  build({ title, description, routes }: HttpApi, version: string): JsonSchema {
    const paths: Record<string, Record<string, unknown>> = {};
    for (const [name, route] of Object.entries(routes)) {
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: this.operation(name, route) };
    }
    const schemes = Object.entries(SECURITY_SCHEMES).filter(([kind]) =>
      Object.values(routes).some(({ security }) => security === kind),
    );
    return {
      openapi: '3.1.0',
      info: {
        title: `Caravanserai: ${title}`,
        version,
        description: `${description} What each error code means is in errors.md.`,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      paths,
      components: {
        schemas: Object.fromEntries(Object.entries(this.schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
        securitySchemes: Object.fromEntries(schemes.map(([, scheme]) => scheme)),
      },
    };
  }

  private operation(name: string, route: HttpRoute): JsonSchema {
    const parameters = [
      ...this.parameters('path', route.params),
      ...this.parameters('query', route.query),
      ...this.parameters('header', route.headers),
    ];
    return {
      operationId: name,
      summary: route.summary,
      ...(route.notes ? { description: route.notes } : {}),
      security: route.security === 'none' ? [] : [{ [SECURITY_SCHEMES[route.security][0]]: [] }],
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(route.bodies ? { requestBody: { required: true, content: this.content(route.bodies) } } : {}),
      responses: this.responses(route),
    };
  }

  private parameters(place: 'path' | 'query' | 'header', object: z.ZodObject | undefined): JsonSchema[] {
    if (!object) return [];
    const { properties = {}, required = [] } = this.schema(z.object(object.shape)) as {
      properties?: Record<string, JsonSchema>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, schema]) => ({
      name: place === 'header' ? headerName(name) : name,
      in: place,
      required: required.includes(name),
      ...(typeof schema['description'] === 'string' ? { description: schema['description'] } : {}),
      schema,
    }));
  }

  private responses(route: HttpRoute): JsonSchema {
    const answers = Object.entries(route.answers).map(([status, { description, bodies }]): [string, JsonSchema] => [
      status,
      { description, ...(bodies ? { content: this.content(bodies) } : {}) },
    ]);
    const statuses = new Set(route.errors.map((code) => ERROR_TABLE[code].status));
    const refusals = [...statuses].map((status): [string, JsonSchema] => [
      String(status),
      {
        description: route.errors.filter((code) => ERROR_TABLE[code].status === status).join(' or '),
        content: this.content(route.refusals ?? PROBLEM),
      },
    ]);
    return Object.fromEntries([...answers, ...refusals]);
  }

  private content(bodies: Readonly<Record<string, z.ZodType>>): JsonSchema {
    return Object.fromEntries(
      Object.entries(bodies).map(([mediaType, schema]) => [mediaType, { schema: this.shared(schema) }]),
    );
  }

  /** A reference to a named schema, or the schema itself. */
  private shared(schema: z.ZodType): JsonSchema {
    const name = SCHEMA_NAMES.get(schema);
    if (!name) return this.schema(schema);
    this.schemas[name] ??= this.schema(schema);
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The schema with its shared parts moved to `components`. */
  private schema(schema: z.ZodType): JsonSchema {
    const { $schema: _, $defs = {}, ...rest } = withComponentReferences(toReferenceSchema(schema, SCHEMA_NAMES));
    Object.assign(this.schemas, $defs);
    return rest;
  }
}

function withComponentReferences(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

/** `idempotency-key` as documents write it: `Idempotency-Key`. */
function headerName(name: string): string {
  const words = name.split('-').map((word) => (word === 'id' ? 'ID' : word.charAt(0).toUpperCase() + word.slice(1)));
  return words.join('-');
}
