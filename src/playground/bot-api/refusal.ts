/** How the Bot API refuses a call; thrown by the methods, answered by the server. */
export class Refusal extends Error {
  readonly status: number;
  readonly parameters: Readonly<Record<string, number>>;

  constructor(status: number, description: string, parameters: Record<string, number> = {}) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

/** A 400 in Telegram's form. */
export function badRequest(what: string): Refusal {
  return new Refusal(400, what.startsWith('Bad Request') ? what : `Bad Request: ${what}`);
}
