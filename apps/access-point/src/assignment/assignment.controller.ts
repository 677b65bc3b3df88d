import { Controller } from '@nestjs/common';
import type { AssignmentView } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { Assignments } from './assignments.js';

@Controller()
export class AssignmentController {
  constructor(private readonly assignments: Assignments) {}

  @Operation('assignLeg')
  assign(@CallOf() call: Call<'assignLeg'>): Promise<AssignmentView> {
    return this.assignments.assign(call);
  }

  @Operation('listAssignments')
  list(@CallOf() call: Call<'listAssignments'>): Promise<Page<AssignmentView>> {
    return this.assignments.list(call);
  }
}
