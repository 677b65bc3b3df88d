import type { HttpServer } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type Adapter = ReturnType<NestFastifyApplication['getHttpAdapter']>;

/** Request, reply and server of Fastify, as Nest hands them on. */
export type HttpRequest = Adapter extends HttpServer<infer Request, infer _Reply, infer _Server> ? Request : never;
export type HttpReply = Adapter extends HttpServer<infer _Request, infer Reply, infer _Server> ? Reply : never;
export type HttpInstance = ReturnType<Adapter['getInstance']>;
