export type { ActOptions } from './leg-acts.js';
export {
  continuedLogin,
  type LoginTarget,
  logInOnce,
  passwordLogin,
  startCodeFlow,
} from './login/officer-login.js';
export { type SystemLogin, systemLogin } from './login/system-login.js';
export type { TokenSource, Tokens } from './login/token-source.js';
export { OperatorClient, type OperatorClientOptions, type ParkedQuery } from './operator/operator-client.js';
export { directoryOf, type VerifiedProof, verifyAlone, verifyProof } from './proof/verify-proof.js';
export { SeraiClient, type SeraiClientOptions } from './serai-client.js';
export { isSeraiProblem, SeraiProblem } from './serai-problem.js';
export type { AttachedFile, NewAttachmentFile, TransferOptions, UploadOptions } from './transport/attachments.js';
export type { BodyOf } from './transport/transport.js';
export type { WaitOptions } from './transport/waiting.js';
