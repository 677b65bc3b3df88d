/** Injection token of the {@link GatewayConfig}. */
export const GATEWAY_CONFIG = Symbol('serai.gateway-config');

/** Injection token of the {@link BlobStore} that ciphertexts of attachments lie in. */
export const BLOB_STORE = Symbol('serai.blob-store');
