import { EMPTY_ROOT, Frontier, leafHash, nodeHash } from '../index.js';

// Leaves and roots of the tree that the reference implementation of RFC 6962 is tested with (google/certificate-transparency, Apache-2.0).
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

it('makes the roots of the reference tree of RFC 6962', () => {
  const frontier = new Frontier();
  const roots = [frontier.root().toString('hex')];
  for (const leaf of LEAVES) {
    frontier.append(leafHash(Buffer.from(leaf, 'hex')));
    roots.push(frontier.root().toString('hex'));
  }
  expect(roots).toEqual(ROOTS);
  expect(EMPTY_ROOT.toString('hex')).toBe(ROOTS[0]);
});

it('keeps leaves and nodes apart', () => {
  const [left, right] = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))];
  expect(nodeHash(left, right)).not.toEqual(leafHash(Buffer.concat([left, right])));
  expect(nodeHash(left, right)).not.toEqual(nodeHash(right, left));
  expect(leafHash(Buffer.alloc(0))).not.toEqual(EMPTY_ROOT);
});

it.each([0, 31, 33, 64])('refuses a child of %i bytes', (length) => {
  const hash = leafHash(Buffer.of(1));
  const refusal = expect.objectContaining({ code: 'ERR_LOG_MALFORMED' });
  expect(() => nodeHash(Buffer.alloc(length), hash)).toThrow(refusal);
  expect(() => nodeHash(hash, Buffer.alloc(length))).toThrow(refusal);
});
