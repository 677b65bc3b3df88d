import { readBlobPlace } from './blob-place.js';

const variable = 'SERAI_GATEWAY_ATTACHMENTS';
const bucket: NodeJS.ProcessEnv = {
  [variable]: 's3://attachments-of.hub',
  SERAI_STORAGE_ENDPOINT: 'https://storage.example/',
  SERAI_STORAGE_ACCESS_KEY: 'hub',
  SERAI_STORAGE_SECRET_KEY: ' hunter2 ',
};
const read = (more: NodeJS.ProcessEnv) => () => readBlobPlace({ ...bucket, ...more }, variable);

describe(readBlobPlace.name, () => {
  it('reads a folder, and asks nothing more', () => {
    expect(readBlobPlace({ [variable]: '/var/lib/serai' }, variable)).toEqual({ folder: '/var/lib/serai' });
  });

  it('reads a bucket with the service and the key to it', () => {
    expect(readBlobPlace(bucket, variable)).toEqual({
      bucket: 'attachments-of.hub',
      endpoint: 'https://storage.example',
      region: 'us-east-1',
      accessKeyId: 'hub',
      secretAccessKey: ' hunter2 ',
    });
  });

  it.each(Object.keys(bucket))('refuses a bucket without %s', (name) => {
    expect(read({ [name]: undefined })).toThrow(`${name} is not set`);
  });

  it.each(['s3://', 's3://No', 's3://bucket/folder', 'https://storage.example/bucket', 'file:///var'])(
    'refuses %s, which is neither',
    (place) => expect(read({ [variable]: place })).toThrow(`${variable} must be a path or s3://bucket`),
  );

  it('sends the key to it over TLS only, but on this machine', () => {
    expect(read({ SERAI_STORAGE_ENDPOINT: 'http://storage.example' })).toThrow(
      'SERAI_STORAGE_ENDPOINT must be an https',
    );
    expect(read({ SERAI_STORAGE_ENDPOINT: 'http://127.evil.example' })).toThrow('SERAI_STORAGE_ENDPOINT');
    for (const endpoint of ['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000']) {
      expect(read({ SERAI_STORAGE_ENDPOINT: endpoint })()).toMatchObject({ endpoint });
    }
  });
});
