// PEM blocks (RFC 7468): a key file is one ENCRYPTED PRIVATE KEY and, after it, certificates.

import { base64, unbase64 } from './bytes.js';

/** @typedef {{label: string, der: import('./bytes.js').Bytes}} Block */

/**
 * @param {string} text
 * @returns {Block[]} what is between the markers; text around blocks is a comment
 */
export function readPem(text) {
  const blocks = [];
  for (const match of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----/g)) {
    blocks.push({ label: /** @type {string} */ (match[1]), der: unbase64(/** @type {string} */ (match[2]).replace(/\s+/g, '')) });
  }
  return blocks;
}

/**
 * @param {Block} block
 * @returns {string}
 */
export function writePem({ label, der }) {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
