// What the sealing page needs of an X.509 certificate: whose it is (O, organizationIdentifier = 统一社会信用代码), until when, and
// its public key. Whether it is trusted is judged at the opening, not here.

import { equal, hex, unhex } from './bytes.js';
import { BIT_STRING, DerError, OID, SEQUENCE, SET, content, elements, single } from './der.js';
import { Refusal } from './refusal.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{organisation: string, uscc: string, notBefore: Date, notAfter: Date, spki: Bytes, der: Bytes}} Certificate */

const ORGANISATION = '55040a';
const ORGANISATION_IDENTIFIER = '550461';
export const ED25519_SPKI = unhex('302a300506032b6570032100');

/** @param {import('./der.js').Node} node UTCTime or GeneralizedTime */
function readTime(node) {
  const digits = new TextDecoder().decode(node.value);
  const match = /^(\d\d|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!match || (node.tag === 0x17) !== (match[1]?.length === 2)) throw new DerError('not a time');
  const [, year = '', month, day, hour, minute, second] = match;
  const full = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`;
  return new Date(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** @param {import('./der.js').Node} node a string of any type CAs use */
function readString(node) {
  if (node.tag === 0x1e) return new TextDecoder('utf-16be').decode(node.value); // BMPString
  return new TextDecoder('utf-8', { fatal: true }).decode(node.value);
}

/**
 * @param {Bytes} name
 * @param {string} oid in hex
 */
function attribute(name, oid) {
  for (const set of elements(name)) {
    for (const pair of elements(content(set, SET))) {
      const [type, value] = elements(content(pair, SEQUENCE));
      if (type?.tag === OID && hex(type.value) === oid && value) return readString(value);
    }
  }
  return '';
}

/**
 * @param {Bytes} der
 * @returns {Certificate}
 */
export function readCertificate(der) {
  try {
    const [tbs] = elements(single(der, SEQUENCE).value);
    const fields = elements(content(tbs, SEQUENCE));
    if (fields[0]?.tag === 0xa0) fields.shift(); // version
    const [, , , validity, subject, spki] = fields;
    const [from, to] = elements(content(validity, SEQUENCE));
    if (!from || !to || spki?.tag !== SEQUENCE) throw new DerError('not a certificate');
    content(elements(spki.value)[1], BIT_STRING);
    const name = content(subject, SEQUENCE);
    return {
      organisation: attribute(name, ORGANISATION),
      uscc: attribute(name, ORGANISATION_IDENTIFIER),
      notBefore: readTime(from),
      notAfter: readTime(to),
      spki: spki.whole,
      der,
    };
  } catch (error) {
    if (error instanceof DerError || error instanceof TypeError) throw new Refusal('sealing.identity.certificate');
    throw error;
  }
}

/** @param {Uint8Array} spki */
export function isEd25519(spki) {
  return equal(spki.subarray(0, ED25519_SPKI.length), ED25519_SPKI);
}
