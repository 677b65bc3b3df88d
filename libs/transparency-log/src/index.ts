export { type Checkpoint, parseCheckpoint, serialiseCheckpoint } from './checkpoint/checkpoint.js';
export {
  type CheckpointKeys,
  signCheckpoint,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './checkpoint/verify-checkpoint.js';
export { cosign } from './cosignature/cosignature.js';
export { weaknessOfEd25519 } from './note/ed25519-point.js';
export {
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
  serialiseNote,
  serialiseSignatureLines,
} from './note/note.js';
export { type SignerKey, signerKey, signNote } from './note/sign-note.js';
export {
  isKeyName,
  parseVerifierKey,
  SIGNATURE_TYPE,
  serialiseVerifierKey,
  type VerifierKey,
  verifierKeyOf,
} from './note/verifier-key.js';
export { type VerifiedSignature, verifyNote } from './note/verify-note.js';
