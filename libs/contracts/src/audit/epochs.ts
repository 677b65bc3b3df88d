import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { instant } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';

/** With the cosignatures of some hundred witnesses. */
const MAX_CHECKPOINT_TEXT = 65_536;

const logName = z.string().min(1).max(255);

export const logClosed = defineMessage({
  type: 'serai.audit.log.closed.v1',
  channel: 'audit.epochs',
  summary: 'The log ends with this record: it is its last leaf. What comes later is in the log that it names.',
  header: z.object({
    audience,
    origin: logName.meta({ description: 'The log that ends' }),
    next: logName.meta({ description: 'The log that goes on' }),
    closedAt: instant,
  }),
});

export const logOpened = defineMessage({
  type: 'serai.audit.log.opened.v1',
  channel: 'audit.epochs',
  summary:
    'The log begins with this record: it is its first leaf. It holds every record that the log before it does not hold under the checkpoint that is named here.',
  header: z.object({
    audience,
    origin: logName.meta({ description: 'The log that begins' }),
    previous: z.object({
      origin: logName,
      checkpoint: z.string().max(MAX_CHECKPOINT_TEXT).meta({
        description: 'Its last one that was published: a signed note with the cosignatures of its witnesses',
      }),
    }),
    openedAt: instant,
  }),
});

export const AUDIT_EPOCHS = [logClosed, logOpened] as const;
