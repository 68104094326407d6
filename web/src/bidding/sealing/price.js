// The price part's price.json: the four things read aloud from the opening table (开标一览表).

import { canonical } from './canonical.js';
import { demand } from './refusal.js';
import { integer, parse, plainText, shape } from './shape.js';

/** @typedef {{price_fen: number, duration_days: number, quality: string, manager: string}} Price */

const priceShape = shape({ price_fen: integer(1), duration_days: integer(1), quality: plainText(1, 200), manager: plainText(1, 200) });

/**
 * @param {Price} price
 * @returns {import('./bytes.js').Bytes}
 */
export function priceFile({ price_fen, duration_days, quality, manager }) {
  const price = { price_fen, duration_days, quality, manager };
  demand(priceShape(price), 'sealing.price');
  return canonical(price);
}

/**
 * @param {string | Uint8Array} file
 * @returns {Price}
 */
export function readPrice(file) {
  return parse(file, priceShape, 'sealing.price');
}
