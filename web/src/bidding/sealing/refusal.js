// A refusal of the sealing engine: a stable code (the same as the Python twin's) and plain parameters.
// What it says to a person is in the page's catalogue, never here.

export class Refusal extends Error {
  /**
   * @param {string} code for instance "sealing.envelope.ann"
   * @param {Record<string, string | number>} [params]
   */
  constructor(code, params = {}) {
    super(code);
    this.name = 'Refusal';
    this.code = code;
    this.params = params;
  }
}

/**
 * @param {unknown} condition
 * @param {string} code
 * @param {Record<string, string | number>} [params]
 * @returns {asserts condition}
 */
export function demand(condition, code, params) {
  if (!condition) throw new Refusal(code, params);
}
