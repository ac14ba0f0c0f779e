// Who is signed in and how far the project is, asked from time to time.

import { call } from "./api.js";

export class Session {
  #address;
  #changed;
  latest = null;

  /** `latest` is the server's last word: `{user, name, project: {…} | null}`. */
  constructor(address, latest, changed) {
    this.#address = address;
    this.latest = latest;
    this.#changed = changed;
  }

  /** `{reached, user, name}`; user is null when nobody is signed in. */
  async whoAmI() {
    const { status, body } = await call("GET", this.#address);
    if (status === 401) return { reached: true, user: null };
    if (status !== 200 || !body) return { reached: false };
    this.latest = body;
    this.#changed(body);
    return { reached: true, user: body.user, name: body.name };
  }
}
