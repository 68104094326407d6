// Sizes tell: identity and price pad to steps of 256 KiB, other parts by Padmé, which leaks O(log log) bits of a length.

const STEP = 262_144;

/**
 * @param {number} length at least 4 (the frame of the index)
 * @param {'step' | 'padme'} pad
 * @returns {number}
 */
export function padded(length, pad) {
  if (pad === 'step') return Math.max(1, Math.ceil(length / STEP)) * STEP;
  // Logarithms of floats are off by one near powers of two, so the exponent is counted. Sizes above 2^31 rule out bit operators.
  let exponent = 0;
  while (2 ** (exponent + 1) <= length) exponent++;
  const kept = 32 - Math.clz32(exponent);
  const unit = 2 ** (exponent - kept);
  return Math.ceil(length / unit) * unit;
}
