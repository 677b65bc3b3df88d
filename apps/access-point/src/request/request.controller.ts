import { Controller } from '@nestjs/common';
import type { RequestView, SubmittedRequest } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { Requests } from './request.service.js';

@Controller()
export class RequestController {
  constructor(private readonly requests: Requests) {}

  @Operation('submitRequest')
  submit(@CallOf() call: Call<'submitRequest'>): Promise<SubmittedRequest> {
    return this.requests.submit(call);
  }

  @Operation('listRequests')
  list(@CallOf() call: Call<'listRequests'>): Promise<Page<RequestView>> {
    return this.requests.list(call);
  }

  @Operation('getRequest')
  get(@CallOf() call: Call<'getRequest'>): Promise<RequestView> {
    return this.requests.get(call);
  }
}
