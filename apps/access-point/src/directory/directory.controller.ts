import { Controller } from '@nestjs/common';
import type { DeskView, DirectoryChanges, OfficerView, ParticipantView, RouteView } from '#libs/contracts';
import { Questions } from '../anomaly/questions.js';
import { Identity } from '../identity.js';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { CommunityDirectory } from './community-directory.js';
import { deskViews, directoryChangesView, officerView, participantViews, routeViews } from './directory-views.js';

/** Who is who, and who may ask whom: from the local copy, also when the hub can not be reached. */
@Controller()
export class DirectoryController {
  constructor(
    private readonly community: CommunityDirectory,
    private readonly identity: Identity,
    private readonly questions: Questions,
  ) {}

  @Operation('getOfficer')
  async getOfficer(@CallOf() { officer }: Call<'getOfficer'>): Promise<OfficerView> {
    const known = officerView(this.community.current, this.identity.participant, officer, new Date());
    const openQuestions = await this.questions.countOpen(officer);
    return openQuestions === 0 ? known : { ...known, openQuestions };
  }

  @Operation('listParticipants')
  listParticipants(): Page<ParticipantView> {
    return { entries: participantViews(this.community.current, new Date()) };
  }

  @Operation('listDesks')
  listDesks(@CallOf() { query }: Call<'listDesks'>): Page<DeskView> {
    return { entries: deskViews(this.community.current, query.participant, new Date()) };
  }

  @Operation('listRoutes')
  listRoutes(@CallOf() { query }: Call<'listRoutes'>): Page<RouteView> {
    return { entries: routeViews(this.community.current, this.identity.participant, query, new Date()) };
  }

  @Operation('getDirectoryChanges')
  getChanges(): DirectoryChanges {
    return directoryChangesView(this.community.current);
  }
}
