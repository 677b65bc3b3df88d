export {
  canonicalRecord,
  type LeafOpening,
  type LogRecord,
  leafEntry,
  messageHashOf,
  SALT_BYTES,
} from './record/log-record.js';
