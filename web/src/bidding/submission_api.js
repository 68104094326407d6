// The bidding API as the sealing page uses it. Only drawing the upload token is done as the signed-in person; everything after carries
// the token and no cookie, so that no request joins the organisation to what it uploads.

/** @typedef {{part: string, upload_id: string, block_size: number}} Upload */
/** @typedef {{size: number, block_size: number, missing: number[]}} UploadState */

/** A problem+json answer (RFC 9457), or none when the network failed (status 0). */
export class ApiProblem extends Error {
  /**
   * @param {number} status
   * @param {Record<string, unknown>} body
   */
  constructor(status, body) {
    super(String(body['detail'] ?? body['title'] ?? status));
    this.name = 'ApiProblem';
    this.status = status;
    this.body = body;
    this.code = String(body['code'] ?? 'network');
  }

  /** Whether the same request may succeed later without anything being changed. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.code === 'bidding.block_damaged';
  }
}

export class SubmissionApi {
  /**
   * @param {string} lot
   * @param {{origin?: string, send?: typeof fetch}} [options]
   */
  constructor(lot, { origin = '', send = (input, init) => fetch(input, init) } = {}) {
    this.lot = lot;
    this.origin = origin;
    this.send = send;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{headers?: Record<string, string>, body?: BodyInit, json?: unknown, credentials?: RequestCredentials}} [options]
   * @returns {Promise<Response>}
   */
  async request(method, path, { headers = {}, body, json, credentials = 'omit' } = {}) {
    /** @type {RequestInit} */
    const init = { method, headers: { accept: 'application/json', ...headers }, credentials, cache: 'no-store', redirect: 'error' };
    if (json !== undefined) {
      init.headers = { ...init.headers, 'content-type': 'application/json' };
      init.body = JSON.stringify(json);
    } else if (body !== undefined) init.body = body;
    let answer;
    try {
      answer = await this.send(`${this.origin}${path}`, init);
    } catch {
      throw new ApiProblem(0, {});
    }
    if (answer.ok) return answer;
    let problem = {};
    try {
      problem = await answer.json();
    } catch {
      // A proxy's error page: the status alone has to do.
    }
    throw new ApiProblem(answer.status, problem);
  }

  /** @param {string} token */
  static bearer(token) {
    return { authorization: `Upload ${token}` };
  }

  /**
   * @param {string} url
   * @returns {Promise<string>} the exact file
   */
  async announcement(url) {
    return (await this.request('GET', url)).text();
  }

  /**
   * @param {string} csrf
   * @returns {Promise<string>}
   */
  async drawToken(csrf) {
    const path = `/v1/lots/${this.lot}/upload-tokens`;
    const answer = await this.request('POST', path, { headers: { 'x-csrf-token': csrf }, json: {}, credentials: 'same-origin' });
    return /** @type {{token: string}} */ (await answer.json()).token;
  }

  /**
   * @param {string} token
   * @param {{ann: string, env: string, key: string, parts: {id: string, size: number}[]}} order
   * @returns {Promise<Upload[]>}
   */
  async openUploads(token, order) {
    const answer = await this.request('POST', '/v1/uploads', { headers: SubmissionApi.bearer(token), json: order });
    return /** @type {{uploads: Upload[]}} */ (await answer.json()).uploads;
  }

  /**
   * @param {string} token
   * @param {string} id
   * @returns {Promise<UploadState>}
   */
  async uploadState(token, id) {
    return (await this.request('GET', `/v1/uploads/${id}`, { headers: SubmissionApi.bearer(token) })).json();
  }

  /**
   * @param {string} token
   * @param {string} id
   * @param {number} number
   * @param {Blob} block
   * @param {string[]} leaves hex leaf hashes of its 1 MiB blocks
   */
  async putBlock(token, id, number, block, leaves) {
    const headers = { ...SubmissionApi.bearer(token), 'content-type': 'application/octet-stream', 'x-leaf-hashes': leaves.join(',') };
    await this.request('PUT', `/v1/uploads/${id}/blocks/${number}`, { headers, body: block });
  }

  /**
   * @param {string} token
   * @param {string} envelope exact text
   * @returns {Promise<import('./sealing/signed.js').Signed>} the receipt
   */
  async commit(token, envelope) {
    const answer = await this.request('POST', `/v1/lots/${this.lot}/envelopes`, { headers: SubmissionApi.bearer(token), json: { envelope } });
    return /** @type {{receipt: import('./sealing/signed.js').Signed}} */ (await answer.json()).receipt;
  }

  /**
   * The key's signature is the authority, no token is needed; the header says that nobody's cookie is meant.
   * @param {import('./sealing/signed.js').Signed} withdrawal
   * @returns {Promise<import('./sealing/signed.js').Signed>} the receipt
   */
  async withdraw(withdrawal) {
    const headers = SubmissionApi.bearer('withdrawal');
    const answer = await this.request('POST', `/v1/lots/${this.lot}/withdrawals`, { headers, json: { withdrawal } });
    return /** @type {{receipt: import('./sealing/signed.js').Signed}} */ (await answer.json()).receipt;
  }

  /**
   * @param {string} digest of the envelope or withdrawal
   * @returns {Promise<string | null>} null while the slot is not yet under a witnessed checkpoint
   */
  async proof(digest) {
    try {
      return await (await this.request('GET', `/v1/receipts/${digest}/proof`)).text();
    } catch (error) {
      if (error instanceof ApiProblem && (error.status === 404 || error.passing)) return null;
      throw error;
    }
  }
}
