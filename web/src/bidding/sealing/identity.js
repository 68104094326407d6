// The identity part: who bids, in a part of its own, so that technical parts can be reviewed blind (暗标). The certificate's key
// signs the other parts' entries; nobody can put another firm's identity beside his own price.

import { concat, hex, lp, unhex, utf8 } from './bytes.js';
import { canonical, canonicalText } from './canonical.js';
import { isEd25519, readCertificate } from './certificate.js';
import { writePem } from './pem.js';
import { demand } from './refusal.js';
import { plainText } from './shape.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{certificate: import('./certificate.js').Certificate, chain: Bytes[], sign(data: Uint8Array): Promise<Bytes>}} Identity */

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * @param {Bytes} signature r ‖ s
 * @returns {Bytes} with s at most n/2: of the two valid signatures only this one is admitted
 */
function lowS(signature) {
  const s = BigInt(`0x${hex(signature.subarray(32))}`);
  if (s <= P256_ORDER / 2n) return signature;
  return concat(signature.subarray(0, 32), unhex((P256_ORDER - s).toString(16).padStart(64, '0')));
}

/**
 * @param {{pkcs8: Bytes, certificates: Bytes[]}} keyFile
 * @returns {Promise<Identity>} refused if the private key is not the certificate's
 */
export async function openIdentity({ pkcs8, certificates: [leaf, ...chain] }) {
  demand(leaf, 'sealing.identity.certificate');
  const certificate = readCertificate(leaf);
  const edwards = isEd25519(certificate.spki);
  const algorithm = edwards ? 'Ed25519' : P256;
  const signing = edwards ? 'Ed25519' : { name: 'ECDSA', hash: 'SHA-256' };
  /** @type {CryptoKey} */
  let key;
  /** @type {CryptoKey} */
  let publicKey;
  try {
    key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    publicKey = await crypto.subtle.importKey('spki', certificate.spki, algorithm, false, ['verify']);
  } catch {
    demand(false, 'sealing.identity.key');
  }
  const sign = async (/** @type {Uint8Array} */ data) => {
    const signature = new Uint8Array(await crypto.subtle.sign(signing, key, /** @type {Bytes} */ (data)));
    return edwards ? signature : lowS(signature);
  };
  const probe = utf8('LBE1/probe');
  demand(await crypto.subtle.verify(signing, publicKey, await sign(probe), probe), 'sealing.identity.key');
  return { certificate, chain, sign };
}

/**
 * @param {Identity} identity
 * @param {object} bound
 * @param {string} bound.ann
 * @param {string} bound.env
 * @param {string} bound.key
 * @param {import('./envelope.js').PartEntry[]} bound.entries core's entries other than identity
 * @param {string | null} depositReference
 * @returns {Promise<Bytes>} identity.json
 */
export async function identityFile({ certificate, chain, sign }, { ann, env, key, entries }, depositReference) {
  demand(depositReference === null || plainText(1, 200)(depositReference), 'sealing.identity.json');
  const signature = await sign(lp('LBE1/id', unhex(ann), unhex(env), unhex(key), canonicalText(entries)));
  const pem = (/** @type {Bytes} */ der) => writePem({ label: 'CERTIFICATE', der });
  return canonical({
    v: 'LBI1',
    organisation: certificate.organisation,
    uscc: certificate.uscc,
    deposit_reference: depositReference,
    certificate: pem(certificate.der),
    chain: chain.map(pem),
    signature: hex(signature),
  });
}
