import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';

import Provider, { errors } from 'oidc-provider';
import { z } from 'zod';
import type { HttpReply, HttpRequest } from '#libs/telemetry';
import { Accounts } from '../accounts/accounts.js';
import { errorPage, loginPage, PAGE_POLICY } from './login-page.js';

const credentials = z.object({ username: z.string().trim().toLowerCase().max(64), password: z.string().max(1024) });

/** The login page: the one interaction of the provider. */
@Controller('login')
export class LoginController {
  constructor(
    @Inject(Provider) private readonly provider: Provider,
    private readonly accounts: Accounts,
  ) {}

  @Get(':uid')
  async show(@Param('uid') uid: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    if (await this.isRunning(request, reply)) send(reply, 200, loginPage(uid, false));
  }

  @Post(':uid')
  async logIn(
    @Param('uid') uid: string,
    @Body() body: unknown,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): Promise<void> {
    if (!(await this.isRunning(request, reply))) return;
    const given = credentials.safeParse(body);
    const officer = given.success ? await this.accounts.authenticate(given.data.username, given.data.password) : null;
    if (!officer) {
      send(reply, 401, loginPage(uid, true, given.data?.username));
      return;
    }
    const next = await this.provider.interactionResult(request.raw, reply.raw, {
      login: { accountId: officer.pseudonym },
    });
    reply.redirect(next, 303);
  }

  /** The cookie and the address must belong to one login that has not ended; otherwise says so and answers false. */
  private async isRunning(request: HttpRequest, reply: HttpReply): Promise<boolean> {
    try {
      const { uid } = await this.provider.interactionDetails(request.raw, reply.raw);
      if (request.url.split('?')[0] === `/login/${uid}`) return true;
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
    }
    send(reply, 400, errorPage('This login has ended or belongs to another window. Start again from the console.'));
    return false;
  }
}

function send(reply: HttpReply, status: number, html: string): void {
  reply
    .status(status)
    .header('content-security-policy', PAGE_POLICY)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(html);
}
