export {
  type Checkpoint,
  MAX_CHECKPOINT_LENGTH,
  parseCheckpoint,
  serialiseCheckpoint,
} from './checkpoint/checkpoint.js';
export {
  type CheckpointKeys,
  signCheckpoint,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './checkpoint/verify-checkpoint.js';
export { cosign, cosignWith } from './cosignature/cosignature.js';
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
export {
  MAX_POLICY_BYTES,
  MAX_POLICY_ENTRIES,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  parsePolicy,
} from './policy/policy.js';
export { cosignersOf, quorumMet, verifyByPolicy } from './policy/quorum.js';
export { parseTlogProof, serialiseTlogProof, type TlogProof, verifyTlogProof } from './proof/tlog-proof.js';
export { decodeEntryBundle, encodeEntryBundle, MAX_ENTRY_BYTES } from './tile/entry-bundle.js';
export { decodeTile, encodeTile, type TileFetch, tileHashReader } from './tile/tile-hash-reader.js';
export {
  nodesOfTile,
  parseTilePath,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  tileOfTree,
  tilePath,
  tilesOfGrowth,
} from './tile/tile-path.js';
export { Frontier, type HashedNode } from './tree/frontier.js';
export { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash } from './tree/hashing.js';
export { type HashReader, proveConsistency, proveInclusion, readRoot } from './tree/prove.js';
export { MAX_TREE_SIZE, type TreeNode } from './tree/shape.js';
export { type Consistency, type Inclusion, verifyConsistency, verifyInclusion } from './tree/verify-proof.js';
export {
  type AddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
  serialiseAddCheckpoint,
} from './witness/add-checkpoint.js';
export {
  decideAddCheckpoint,
  readAddCheckpoint,
  type SignedAddCheckpoint,
  TLOG_SIZE_TYPE,
  type WitnessDecision,
  type WitnessedHead,
  type WitnessRefusal,
  type WitnessRefusalReason,
} from './witness/witness.js';
